/**
 * What the control plane asks of an agent and what the agent answers, guest by guest. A `guest` is the body of an
 * instance on one hypervisor. An answer counts only at the generation it names; absence from a snapshot is never
 * an order: only `desired: "absent"` destroys.
 */
import { z } from "zod";
import { publicError } from "../errors.ts";
import { hardware } from "./hardware.ts";
import { heard } from "./heard.ts";

export const guestDesired = z.enum(["running", "stopped", "hold", "absent"]);
export type GuestDesired = z.infer<typeof guestDesired>;

export const guestObserved = z.enum(["unknown", "absent", "running", "stopped", "failed"]);
export type GuestObserved = z.infer<typeof guestObserved>;

/** Why a stopped guest is stopped; `shutdown` means the guest itself powered off. */
export const stopCause = z.enum(["shutdown", "destroyed", "crashed", "unknown"]);
export type StopCause = z.infer<typeof stopCause>;

export const rebootKind = z.enum(["soft", "hard"]);
export type RebootKind = z.infer<typeof rebootKind>;

/** What follows when a guest dies though nobody asked it to. */
export const crashPolicy = z.enum(["restart", "stop"]);
export type CrashPolicy = z.infer<typeof crashPolicy>;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** One interface of a guest. Which switch it is joined to is the hypervisor's own business. */
export const guestNic = z.object({
  portId: z.uuid(),
  networkId: z.uuid(),
  /** lower case with colons */
  mac: z.string().regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/),
  /** bytes */
  mtu: z.int().min(68).max(65_535),
  /** IPv4, with the prefix length of their subnets; gateway and DNS servers for guests that can't ask by DHCP. */
  addresses: z
    .array(
      z.object({
        address: z.ipv4(),
        prefixLength: z.int().min(0).max(32),
        gateway: z.ipv4().nullable(),
        dnsServers: z.array(z.ipv4()),
        dhcp: z.boolean(),
      }),
    )
    .max(64),
  /** The port of its network at which this hypervisor answers for 169.254.169.254; null: it has none. */
  metadata: z
    .object({
      portId: z.uuid(),
      mac: z.string(),
      addresses: z.array(z.object({ address: z.ipv4(), prefixLength: z.int().min(0).max(32) })),
    })
    .nullable(),
});
export type GuestNic = z.infer<typeof guestNic>;

/** Limits of one disk; missing: unlimited. A total and its halves exclude each other, as in QEMU. */
export const diskQos = z.object({
  totalBytesPerSecond: z.int().min(1).optional(),
  readBytesPerSecond: z.int().min(1).optional(),
  writeBytesPerSecond: z.int().min(1).optional(),
  totalIops: z.int().min(1).optional(),
  readIops: z.int().min(1).optional(),
  writeIops: z.int().min(1).optional(),
});
export type DiskQos = z.infer<typeof diskQos>;

/** A volume as a disk of a guest, which is on the same hypervisor. */
export const guestDisk = z.object({
  attachmentId: z.uuid(),
  /** Its first 20 characters are the disk's serial number, by which the guest names it. */
  volumeId: z.uuid(),
  readOnly: z.boolean(),
  /** The guest boots from it and has no root disk of its own. */
  boot: z.boolean(),
  qos: diskQos,
});
export type GuestDisk = z.infer<typeof guestDisk>;

/** What a root disk is made of. */
export const guestImage = z.object({
  sha256,
  sizeBytes: z.int().min(1),
  virtualSizeBytes: z.int().min(1),
  format: z.enum(["qcow2", "raw"]),
});
export type GuestImage = z.infer<typeof guestImage>;

export const guestSpec = z.object({
  /** Also the hypervisor's own id for it (libvirt's domain UUID). */
  guestId: z.uuid(),
  instanceId: z.uuid(),
  projectId: z.uuid(),
  generation: z.int().min(1),
  desired: guestDesired,
  /** The agent reboots a running guest whose own number is lower, once, however often it is told. */
  rebootSeq: z.int().min(0),
  rebootKind,
  crashPolicy: crashPolicy.default("restart"),
  /** The operation whose order this is, for the logs. */
  operationId: z.uuid().nullable().default(null),
  hostname: z.string().max(63),
  vcpus: z.int().min(1).max(512),
  ramMib: z.int().min(64),
  diskGib: z.int().min(0),
  /** Pinned on the instance, e.g. `pc-q35-7.2`; never an alias. */
  machineType: z.string(),
  /** null: it boots from one of its volumes and has no root disk. Only agents that `bootsFromVolume` are told of such. */
  image: guestImage.nullable(),
  keys: z.array(z.object({ name: z.string(), publicKey: z.string() })),
  userDataSha256: sha256.nullable(),
  /** crypt(3) SHA-512 hash for the guest's first user, or null; the password itself is never stored. */
  passwordHash: z.string().nullable(),
  availabilityZone: z.string(),
  launchIndex: z.int().min(0),
  /** In the order in which the guest shall see them. */
  nics: z.array(guestNic).max(32).default([]),
  /** Besides its root disk, in the order in which the guest shall see them. */
  disks: z.array(guestDisk).max(64).optional(),
  /** What its image says of the machine. Control planes from before say nothing. */
  hardware: hardware.optional(),
});
export type GuestSpec = z.infer<typeof guestSpec>;

/** Shown to the instance's owner and kept on its row. */
export const guestFault = publicError.pick({ code: true, retry: true }).extend({
  reason: heard(100),
  message: heard(1_000),
  params: z
    .record(z.string().max(64), z.union([heard(200), z.number()]))
    .refine((params) => Object.keys(params).length <= 20)
    .optional(),
});

export const guestReport = z.object({
  guestId: z.uuid(),
  /** The generation of the spec that was acted on. */
  generation: z.int().min(1),
  observed: guestObserved,
  stopCause: stopCause.nullable(),
  rebootSeq: z.int32().min(0),
  /** What the agent is doing now, for the timeline; null when settled. */
  phase: z
    .enum(["fetching-image", "preparing-disk", "starting", "stopping", "rebooting", "removing"])
    .nullable(),
  percent: z.int().min(0).max(100).nullable(),
  /** The volumes that it has as disks, running or defined. Agents from before volumes say nothing. */
  disks: z.array(z.uuid()).max(128).optional(),
  fault: guestFault.nullable(),
});
export type GuestReport = z.infer<typeof guestReport>;

/**
 * What a hypervisor keeps beside a guest, enough to take it over again: the spec without its secrets. Of one without an image
 * there is none: it is nothing without its volumes, which nobody would know either.
 */
export const guestBody = guestSpec
  .pick({
    instanceId: true,
    projectId: true,
    generation: true,
    rebootSeq: true,
    hostname: true,
    vcpus: true,
    ramMib: true,
    diskGib: true,
    machineType: true,
    image: true,
    hardware: true,
  })
  .extend({ hostname: heard(63), machineType: heard(64), image: guestImage });
export type GuestBody = z.infer<typeof guestBody>;

export function bodyOf(spec: GuestSpec): GuestBody | null {
  return spec.image === null ? null : guestBody.parse(spec);
}
