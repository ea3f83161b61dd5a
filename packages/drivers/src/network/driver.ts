/**
 * The network seam has two halves. `NetworkDriver` is the central one, in the controller: it is told the whole topology
 * and makes it so. `PortPlugger` is the local one, in the agent: it joins a guest's interface to the hypervisor's switch.
 * Both are level-triggered and idempotent, may be aborted anywhere and called again, tag all they make with our ids,
 * and touch nothing else. They throw CloudError.
 */
import type { Server } from "node:net";
import type { Topology } from "@madang/core/network/topology";
import type { GuestNic } from "@madang/core/wire/guest";

/** What the network itself says of a port of ours. */
export type PortObservation = { portId: string; up: boolean; hypervisorId: string | null };

export type NetworkObservation = {
  ports: readonly PortObservation[];
  /** routerId → the chassis through which it reaches outside now; null: who knows that can't be asked. */
  gateways: ReadonlyMap<string, string> | null;
};

/** One of ours that the network will not have as it is. `detail` is for operators. `shared`: what all projects have in common. */
export type Refusal = {
  kind:
    | "network"
    | "subnet"
    | "port"
    | "router"
    | "floating-ip"
    | "security-group"
    | "rule"
    | "shared"
    | "removal";
  id: string;
  detail: string;
};

/**
 * `changed` counts the rows that differed and were made right, whoever had changed them. What was refused stays as it was
 * before, and everything else is committed.
 */
export type EnsureResult = { changed: number; refused: readonly Refusal[] };

export type NetworkDriver = {
  readonly kind: string;
  /** Returns when all of the topology that is not refused is committed; that ports are up by then is not said. Orphans of ours are removed. */
  ensure(topology: Topology, signal: AbortSignal): Promise<EnsureResult>;
  observe(): Promise<NetworkObservation>;
  /** Hints that something is not as it was left, or that a port came up or went down. Returns the function that ends it. */
  watch(onChange: () => void): () => void;
  close(): Promise<void>;
};

/** Where one network's guests here reach 169.254.169.254. */
export type MetadataPort = {
  portId: string;
  mac: string;
  /** bytes */
  mtu: number;
  addresses: readonly { address: string; prefixLength: number }[];
};

export type PortPlugger = {
  readonly kind: string;
  /** How guests' offloads must be set. `false`: the switch can't carry unfinished checksums (userspace datapath). */
  readonly offloads: boolean;
  /** What the device of a port is called, whether it is there or not. */
  device(portId: string): string;
  /** Makes the device, joins it to the switch, and waits until the network has bound it, `installMs` (5 s) at most. */
  ensure(
    nic: Pick<GuestNic, "portId" | "mac" | "mtu">,
    signal: AbortSignal,
    installMs?: number,
  ): Promise<void>;
  /** Known to be joined, as far as the switch last told; true when it does not tell. */
  isJoined(portId: string): boolean;
  /** Those whose device nobody has open, or that have none: a guest that runs with one of them is cut off. */
  idle(portIds: readonly string[], signal: AbortSignal): Promise<string[]>;
  /** Joins the port, and listens behind it where nobody but its network's guests can connect. The caller closes the server. */
  listen(port: MetadataPort, signal: AbortSignal): Promise<Server>;
  /** Whatever there is of a device goes. Nothing is said about one that is not there. */
  remove(device: string, signal: AbortSignal): Promise<void>;
  /** Everything of ours, also what was only half made. */
  list(signal: AbortSignal): Promise<string[]>;
  close(): Promise<void>;
};
