/** What is known of an instance's way to the world, and what can be said of it. Plain data, read in the API. */
import type { InstanceStatus, PowerState, TaskState } from "../instance/status.ts";
import type { PresetName } from "./security-preset.ts";
import type { RuleMatch } from "./security-rule.ts";

export type ReachInterface = {
  portId: string;
  networkId: string;
  networkName: string;
  /** Its network is outside itself: no router and no floating IP are needed. */
  external: boolean;
  addresses: readonly ReachAddress[];
  /** The network driver has bound it, as it is wished now, to the guest's hypervisor. */
  bound: boolean;
  up: boolean;
  portSecurity: boolean;
  groups: readonly { id: string; name: string; isDefault: boolean; rules: readonly RuleMatch[] }[];
  floatingIps: readonly { address: string; fixedAddress: string | null; applied: boolean }[];
  /** Those with a leg in one of its subnets. */
  routers: readonly ReachRouter[];
};

export type ReachAddress = {
  address: string;
  subnetId: string;
  gateway: string | null;
  dhcp: boolean;
};

export type ReachRouter = {
  id: string;
  name: string;
  subnetId: string;
  /** Its own in that subnet. */
  address: string;
  externalNetworkId: string | null;
  applied: boolean;
};

export type ReachFacts = {
  status: InstanceStatus;
  taskState: TaskState | null;
  powerState: PowerState;
  /** null: it has no guest. */
  hypervisorReachable: boolean | null;
  /** In their order at the guest. */
  interfaces: readonly ReachInterface[];
  /** External networks that the project may use. */
  externalNetworks: readonly { id: string; name: string }[];
  /** Of the project, leading nowhere. */
  freeFloatingIps: readonly { id: string; address: string; networkId: string }[];
  /** All of the project. */
  routers: readonly { id: string; name: string; externalNetworkId: string | null }[];
};

/** What would mend it, for a button: the verb and its input. */
export type ReachRemedy =
  | { kind: "startInstance" }
  | { kind: "attachInterface" }
  | { kind: "addRouterInterface"; routerId: string; routerName: string; subnetId: string }
  | { kind: "createRouter"; externalNetworkId: string; subnetId: string }
  | { kind: "setGateway"; routerId: string; routerName: string; externalNetworkId: string }
  | {
      kind: "associateFloatingIp";
      floatingIpId: string;
      address: string;
      portId: string;
      fixedAddress: string;
    }
  | { kind: "allocateFloatingIp"; externalNetworkId: string; portId: string; fixedAddress: string }
  | { kind: "addRule"; securityGroupId: string; securityGroupName: string; preset: PresetName }
  | { kind: "setSecurityGroups" }
  | { kind: "openConsole" };

export const reachChecks = [
  "guest",
  "hypervisor",
  "interface",
  "address",
  "port",
  "router",
  "gateway",
  "floatingIp",
  "route",
  "ssh",
  "ping",
  "service",
] as const;
export type ReachCheckKey = (typeof reachChecks)[number];

export type ReachCheck = {
  key: ReachCheckKey;
  /** unknown: it can't be judged from here, or not before what comes first is right. */
  state: "ok" | "failed" | "unknown";
  /** A key of the catalogues: `reach.<key>.<reason>`. */
  reason: string;
  params: { [name: string]: string };
  remedy: ReachRemedy | null;
};

export type Reach = {
  /** From where it is meant to be reached: a floating IP, or its own in an external network. */
  address: string | null;
  /** The first thing that is wrong; null: nothing that can be seen from here. */
  first: ReachCheckKey | null;
  checks: ReachCheck[];
};
