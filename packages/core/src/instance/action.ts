/**
 * What may be done to an instance now, and why not: data shared by admission, buttons and tooltips. A reason is a key
 * of the catalogues (`reasons.<key>`).
 */
import type { InstanceStatus, PowerState, TaskState } from "./status.ts";

export const instanceActions = [
  "start",
  "stop",
  "reboot",
  "hardReboot",
  "delete",
  "restore",
  "console",
  "rename",
  "protect",
  "attachInterface",
  "detachInterface",
  "attachVolume",
  "detachVolume",
  "image",
] as const;
export type InstanceAction = (typeof instanceActions)[number];
/** What only an administrator may do. */
export const adminActions = ["reset", "forceDelete"] as const;
export type AdminAction = (typeof adminActions)[number];

export type ActionView = {
  status: InstanceStatus;
  taskState: TaskState | null;
  powerState: PowerState;
  deleteProtection: boolean;
  /** null: it never ran, so there is nothing that could be started. */
  launchedAt: Date | null;
};

type Check = (view: ActionView) => string | null;

const notDeleting: Check = (view) => (view.taskState === "deleting" ? "beingDeleted" : null);
const notSoftDeleted: Check = (view) => (view.status === "SOFT_DELETED" ? "softDeleted" : null);
const softDeleted: Check = (view) => (view.status === "SOFT_DELETED" ? null : "notSoftDeleted");
const notBuilding: Check = (view) => (view.status === "BUILD" ? "stillBuilding" : null);
const notFailed: Check = (view) => (view.status === "ERROR" ? "failed" : null);
/** What once ran has its disk still: asking again makes a new order, and so a new attempt. */
const notFailedBuild: Check = (view) =>
  view.status === "ERROR" && view.launchedAt === null ? "failed" : null;
const notFailedOff: Check = (view) =>
  view.status === "ERROR" && view.powerState !== "RUNNING" ? "failed" : null;
const running: Check = (view) => (view.powerState === "RUNNING" ? null : "notRunning");
const notPoweringOff: Check = (view) => (view.taskState === "powering-off" ? "poweringOff" : null);
const notPoweringOn: Check = (view) => (view.taskState === "powering-on" ? "poweringOn" : null);
const notRunningAlready: Check = (view) =>
  view.powerState === "RUNNING" && view.taskState !== "powering-off" ? "alreadyRunning" : null;
const notStoppedAlready: Check = (view) =>
  view.status === "SHUTOFF" && view.taskState === null ? "alreadyStopped" : null;
/** Failed, or on its way to something it may never reach. */
const notSettled: Check = (view) =>
  view.status === "ERROR" || view.taskState !== null ? null : "nothingToReset";
const launched: Check = (view) => (view.launchedAt === null ? "neverRan" : null);
const unprotected: Check = (view) => (view.deleteProtection ? "deleteProtected" : null);

/** First check that objects gives the reason. */
const checks: Record<InstanceAction | AdminAction, readonly Check[]> = {
  start: [notDeleting, notSoftDeleted, notBuilding, notFailedBuild, notRunningAlready, notPoweringOn],
  stop: [
    notDeleting,
    notSoftDeleted,
    notBuilding,
    notFailedBuild,
    notFailedOff,
    notStoppedAlready,
    notPoweringOff,
  ],
  reboot: [notDeleting, notSoftDeleted, notBuilding, notFailed, notPoweringOff, running],
  hardReboot: [notDeleting, notSoftDeleted, notBuilding, notFailed, notPoweringOff, running],
  delete: [notDeleting, unprotected],
  restore: [notDeleting, softDeleted],
  console: [notDeleting, notSoftDeleted],
  rename: [notDeleting, notSoftDeleted],
  protect: [notDeleting, notSoftDeleted],
  attachInterface: [notDeleting, notSoftDeleted, notBuilding, notFailedBuild],
  detachInterface: [notDeleting, notSoftDeleted, notBuilding, notFailedBuild],
  attachVolume: [notDeleting, notSoftDeleted, notBuilding, notFailedBuild],
  detachVolume: [notDeleting, notSoftDeleted, notBuilding, notFailedBuild],
  image: [notDeleting, notSoftDeleted, notBuilding, notFailedBuild, launched],
  reset: [notDeleting, notSettled],
  forceDelete: [],
};

/** null when the action is allowed, else the key of the reason. */
export function actionBlocked(action: InstanceAction | AdminAction, view: ActionView): string | null {
  for (const check of checks[action]) {
    const reason = check(view);
    if (reason) return reason;
  }
  return null;
}
