/**
 * What to do next for a project of which deletion was asked: first match wins. Pure. Nothing is launched in it after the
 * word (admission refuses), so the instances that are left only become fewer.
 */
import type { OperationProgress } from "./operation.plan.ts";

export type ProjectPlanView = {
  deleteRequested: boolean;
  /** Instances still there, and those of them whose deletion nobody has asked for yet. */
  instances: number;
  unasked: number;
  /** Instances whose deletion this one asked for, those that are gone included. */
  asked: number;
  /** Volumes still there, and those of them whose deletion nobody has asked for yet. */
  volumes: number;
  unaskedVolumes: number;
  images: number;
  /** Networks, ports, routers, floating IPs and security groups. */
  networks: number;
};

export type ProjectStep =
  | { kind: "ask-instances" }
  | { kind: "ask-volumes" }
  | { kind: "wait" }
  | { kind: "delete-images" }
  | { kind: "delete-networks" }
  | { kind: "delete-project" }
  | { kind: "done" };

export function planProject(view: ProjectPlanView): ProjectStep {
  if (!view.deleteRequested) return { kind: "done" };
  if (view.unasked > 0) return { kind: "ask-instances" };
  if (view.instances > 0) return { kind: "wait" };
  if (view.unaskedVolumes > 0) return { kind: "ask-volumes" };
  if (view.volumes > 0) return { kind: "wait" };
  if (view.images > 0) return { kind: "delete-images" };
  return { kind: view.networks > 0 ? "delete-networks" : "delete-project" };
}

const steps = ["instances", "volumes", "images", "networks", "project"] as const;
/** Instances are nearly all of the work. */
const instancesPercent = 90;

export function projectProgress(view: ProjectPlanView): OperationProgress {
  const whole = Math.max(view.asked + view.unasked, view.instances);
  if (view.instances === 0) return { percent: instancesPercent, steps, current: restStep(view) };
  const gone = (whole - view.instances) / whole;
  return { percent: Math.floor(instancesPercent * gone), steps, current: 0 };
}

function restStep({ volumes, images, networks }: ProjectPlanView): number {
  if (volumes > 0) return 1;
  if (images > 0) return 2;
  return networks > 0 ? 3 : 4;
}
