/**
 * The hypervisor seam. `observe` and `list` never change anything; `ensure` and `remove` are idempotent, succeed
 * when the wish is already true, may be aborted at any point and called again. Everything a driver makes is tagged
 * with our guest id, so `list` finds what nobody asked for. What is not ours is never touched but by `evict`. Drivers
 * throw CloudError; policy lives in the agent.
 */
import type { Duplex } from "node:stream";
import type { Capabilities, ConsoleKind, Inventory } from "@madang/core/wire/agent";
import type {
  GuestBody,
  GuestDisk,
  GuestObserved,
  GuestReport,
  GuestSpec,
  StopCause,
} from "@madang/core/wire/guest";
import type { GuestSample } from "@madang/core/wire/metrics";
import type { VolumeConnection } from "../disk/connection.ts";
import type { CopyOutOptions } from "../disk/copy-out.ts";

/** An interface as the hypervisor has it. */
export type ObservedNic = { portId: string; mac: string };

/** A volume as the hypervisor has it. */
export type ObservedDisk = { attachmentId: string; volumeId: string };

export type GuestObservation = {
  guestId: string;
  name: string;
  observed: Extract<GuestObserved, "running" | "stopped">;
  stopCause: StopCause | null;
  /** Paused by the hypervisor itself: a write of the guest found no room on its disk. `ensure` lets it go on. */
  halted?: true;
  /** The reboot number the running guest has reached; kept by the hypervisor beside the guest, not by the agent. */
  rebootSeq: number;
  /** Of what runs, or of the definition of what is off; in no order. Left out by a driver that has none to show. */
  nics?: readonly ObservedNic[];
  /** Volumes only; as with `nics`. What a running guest was asked to let go of is here until it has. */
  disks?: readonly ObservedDisk[];
};

/** A volume with where it is; it must be there, and nobody else may write to it. */
export type GuestVolume = GuestDisk & { connection: VolumeConnection };

/** An interface with what it is joined by: a device of the hypervisor that is there once the guest is to run. */
export type GuestDevice = {
  portId: string;
  mac: string;
  /** bytes */
  mtu: number;
  device: string;
  /** false: the guest must finish its checksums itself, and send nothing larger than the MTU. */
  offloads: boolean;
};

/** What the agent hands to `ensure`: the spec plus what it fetched for it. */
export type GuestOrder = {
  spec: GuestSpec & { desired: "running" | "stopped" };
  /** A verified local file, read only; null where `capabilities.realDisks` is false. */
  imagePath: string | null;
  /** Decoded bytes for the config drive. */
  userData: Uint8Array | null;
  /** In the guest's order; what a running guest has besides is taken from it. Left out: its interfaces are not looked at. */
  nics?: readonly GuestDevice[];
  /** As `nics`. One that is to be booted from is the guest's root disk, and is given and taken only while it is off. */
  disks?: readonly GuestVolume[];
  /** It was here before: whatever of it is missing was lost, and nothing is put in its place. */
  made: boolean;
};

export type EnsureOptions = {
  signal: AbortSignal;
  /** Told what is going on; never awaited. */
  onPhase?: (phase: NonNullable<GuestReport["phase"]>, percent: number | null) => void;
  /** How long a guest may take to answer ACPI before it is forced, ms. */
  shutdownGraceMs?: number;
};

/** What only the guest that runs with a volume can do to it. Each is done when it is done already. */
export type LiveDisks = {
  /** All at one instant, with the guest's file systems at rest when its agent answers. */
  snapshot(
    guestId: string,
    volumes: readonly { volumeId: string; snapshotId: string }[],
    signal: AbortSignal,
  ): Promise<void>;
  removeSnapshot(guestId: string, volumeId: string, snapshotId: string): Promise<void>;
  /** What StorageDriver's `beginCopy` and `endCopy` do for a volume that no guest runs with. */
  beginCopy(guestId: string, volumeId: string, intoVolumeId: string, signal: AbortSignal): Promise<void>;
  endCopy(guestId: string, volumeId: string, intoVolumeId: string): Promise<void>;
  /** The guest sees its new size. */
  resize(guestId: string, volumeId: string, sizeBytes: number): Promise<void>;
};

/** Copies of root disks, of guests that run and of others. Each call is done when it is done already. */
export type RootCopies = {
  /** Holds the disk as it is now, under the copy's id, with the guest's file systems at rest when its agent answers. */
  begin(guestId: string, copyId: string, signal: AbortSignal): Promise<void>;
  /** What is held, alone in a new file. Throws SourceMissing, DiskFull. */
  write(guestId: string, copyId: string, path: string, options: CopyOutOptions): Promise<void>;
  /** Lets it go; also of a guest that is not here any more. */
  end(guestId: string, copyId: string): Promise<void>;
};

export type HypervisorDriver = {
  readonly kind: string;
  readonly capabilities: Capabilities;
  /** Null where a volume may be changed under a running guest. */
  readonly liveDisks: LiveDisks | null;
  readonly rootCopies: RootCopies;
  inventory(): Promise<Inventory>;
  /** Everything that the hypervisor has, also what carries no mark of ours, which nothing else here sees. */
  list(): Promise<GuestObservation[]>;
  observe(guestId: string): Promise<GuestObservation | null>;
  /** What its running guests have used since their start, in one call for all of them; changes nothing. */
  sample(): Promise<GuestSample[]>;
  ensure(order: GuestOrder, options: EnsureOptions): Promise<GuestObservation>;
  remove(guestId: string, signal: AbortSignal): Promise<void>;
  /** What it was last ensured to be, kept beside it; null for what is not ours, or has lost it. */
  describe(guestId: string): Promise<GuestBody | null>;
  /** Destroys whatever has this id, ours or not; of what is not ours no file outside our own folder. */
  evict(guestId: string, signal: AbortSignal): Promise<void>;
  /** A byte stream to the guest's screen (RFB), serial line, or the tail of its serial log. Throws InvalidState when it is not running. */
  console(guestId: string, kind: ConsoleKind, signal: AbortSignal): Promise<Duplex>;
  /** Hints that something changed; losing one only adds delay. Returns the function that ends it. */
  watch(onChange: (guestId: string) => void): () => void;
  close(): Promise<void>;
};
