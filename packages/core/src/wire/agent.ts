/** The agent link: what an agent pulls, reports and asks for. Version 1; a field may be added, none changes meaning. */
import { z } from "zod";
import { exportOrder } from "./export.ts";
import { guestBody, guestFault, guestReport, guestSpec } from "./guest.ts";
import { offeredHardware } from "./hardware.ts";
import { heard } from "./heard.ts";
import { orphanVolume, storagePool, volumeReport, volumeSpec } from "./volume.ts";

export const wireVersion = 1;

/** Of each kind of thing that one report tells of; what is left out is told by the next. */
export const mostInReport = 10_000;

/** Longest a pull is held open when nothing changed, ms. */
export const longPollMs = 20_000;

export const consoleKind = z.enum(["vnc", "serial", "log"]);
export type ConsoleKind = z.infer<typeof consoleKind>;

/** Dial `url` (wss, same mutual TLS), prove `secret` in the header `x-madang-console`, then pipe bytes. */
export const consoleOrder = z.object({
  id: z.uuid(),
  guestId: z.uuid(),
  kind: consoleKind,
  url: z.url(),
  secret: z.string(),
});
export type ConsoleOrder = z.infer<typeof consoleOrder>;

export const pullInput = z.object({
  version: z.literal(wireVersion),
  bootId: z.uuid(),
  /** What the agent already has; the answer waits until there is something else. */
  revision: z.string().nullable(),
});
export type PullInput = z.infer<typeof pullInput>;

/** `requestedAt`: asked for again, it is tried at once; control planes from before do not say when. */
const orphanVolumeOrder = z.object({
  volumeId: z.uuid(),
  action: z.literal("remove"),
  requestedAt: z.iso.datetime({ offset: true }).optional(),
});

export const snapshot = z.object({
  /** A hash of the content, so nobody can forget to bump it. */
  revision: z.string(),
  hypervisorId: z.uuid(),
  guests: z.array(guestSpec),
  consoles: z.array(consoleOrder),
  /** Guests that no instance names and that an administrator ordered away. */
  orphanOrders: z.array(z.object({ guestId: z.guid(), action: z.literal("destroy") })).default([]),
  /** Control planes from before volumes say nothing, which orders nothing. */
  volumes: z.array(volumeSpec).optional(),
  /** Volumes that nobody asked for and that an administrator ordered away. */
  orphanVolumeOrders: z.array(orphanVolumeOrder).optional(),
  /** Control planes from before exports say nothing, which gives none up. */
  exports: z.array(exportOrder).optional(),
  /** The control plane takes samples of what guests use. One from before does not, and is told nothing. */
  metrics: z.boolean().optional(),
});
export type Snapshot = z.infer<typeof snapshot>;

/** Sums of what the hypervisor has, before overcommit. */
export const inventory = z.object({
  vcpus: z.int32().min(1),
  ramMib: z.int32().min(1),
  diskGib: z.int32().min(0),
  cpuModel: heard(200),
  kernel: heard(200),
});
export type Inventory = z.infer<typeof inventory>;

export const capabilities = z.object({
  graphicalConsole: z.boolean(),
  serialConsole: z.boolean(),
  consoleLog: z.boolean(),
  /** false: images need not be fetched, the guest has no real disk (the simulator). */
  realDisks: z.boolean(),
  acceleration: z.enum(["kvm", "tcg", "none"]),
  /** It runs guests that have no image, only volumes. Agents from before say nothing, and are never told of one. */
  bootsFromVolume: z.boolean().optional(),
  /** It tells what its guests use. Agents from before say nothing, and tell nothing. */
  metrics: z.boolean().optional(),
  /** What images may ask of it. Agents from before say nothing. */
  hardware: offeredHardware.optional(),
});
export type Capabilities = z.infer<typeof capabilities>;

/** How guests here are joined to tenant networks. */
export const hypervisorNetwork = z.object({
  /** none: they can't be. netdev: by a switch in user space, which is not for production; system: by the kernel's. */
  datapath: z.enum(["none", "simulated", "netdev", "system"]),
  /** false: its external networks lead nowhere, so no router has its gateway there. */
  leadsOut: z.boolean().optional(),
  /** How often the switch has ended and was started again since the hypervisor's start. */
  switchEnds: z.int().min(0),
  /** The last thing that the switch called an emergency. */
  emergency: heard(500).nullable(),
  /** How often the rules that keep guests from their host were missing or altered, and were written again. */
  rulesLost: z.int().min(0).optional(),
  /** false: its OVN has not reached the southbound database yet, so it carries no networks. */
  reached: z.boolean().optional(),
});
export type HypervisorNetwork = z.infer<typeof hypervisorNetwork>;

export const orphan = z.object({
  /** Whoever else uses the hypervisor may have given it any 128 bits. */
  guestId: z.guid(),
  name: heard(255),
  observed: z.enum(["running", "stopped"]),
  /** Null for what nobody of ours made: it can be destroyed, not adopted. */
  body: guestBody.nullable().default(null),
  /** Why it could not be destroyed. */
  fault: guestFault.nullable().default(null),
});
export type Orphan = z.infer<typeof orphan>;

export const reportInput = z.object({
  version: z.literal(wireVersion),
  /** Made anew at each boot of the host, not of the agent. */
  bootId: z.uuid(),
  /** Counts up within one run of the agent; an older number than the last is refused. */
  sequence: z.int().min(0),
  // PostgreSQL knows no year 0.
  agentStartedAt: z.iso.datetime().refine((text) => !text.startsWith("0000")),
  agentVersion: heard(64),
  driver: heard(64),
  capabilities,
  inventory,
  /** Agents from before tenant networks say nothing. */
  network: hypervisorNetwork.optional(),
  guests: z.array(guestReport).max(10_000),
  /** Agents from before volumes say nothing. */
  storage: z
    .object({
      pools: z.array(storagePool).max(16),
      orphans: z.array(orphanVolume).max(mostInReport).default([]),
    })
    .optional(),
  volumes: z.array(volumeReport).max(mostInReport).optional(),
  orphans: z.array(orphan).max(10_000),
  /** True when this is every guest the agent knows, which is what an agent sends at least every 30 s. */
  complete: z.boolean(),
});
export type ReportInput = z.infer<typeof reportInput>;

/** PEM, PKCS#10; the key never leaves the hypervisor. */
export const certificateRequest = z
  .string()
  .min(1)
  .max(16_384)
  .regex(/^[\t\r\n -~]+$/);
export const joinInput = z.object({
  token: z.string().min(20).max(200),
  csr: certificateRequest,
  name: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9.-]{0,62}$/),
  driver: heard(64),
});
export const joinAnswer = z.object({ hypervisorId: z.uuid(), certificate: z.string(), ca: z.string() });
export type JoinAnswer = z.infer<typeof joinAnswer>;
