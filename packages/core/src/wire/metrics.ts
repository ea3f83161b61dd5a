/** What an agent tells of what its guests use: counters since the guest's start, and how old each look is. */
import { z } from "zod";
import { heard } from "./heard.ts";

/** How often guests are looked at, ms. */
export const sampleEveryMs = 10_000;
/** What could not be sent is kept as long, ms; older looks are dropped, by the agent and by the control plane. */
export const oldestSampleMs = 600_000;
/** Looks in one report, and guests in one look; an agent with more guests sends the rest in the next report. */
export const mostSamples = 8;
export const mostSampledGuests = 2_000;

/** Since the guest's start. A double holds it exactly up to 2^53, which is 9 PB. */
const counter = z.number().min(0).max(Number.MAX_SAFE_INTEGER).transform(Math.floor);

const diskSample = z.object({
  /** As the hypervisor calls it: vda. */
  name: heard(40),
  readBytes: counter,
  writtenBytes: counter,
  reads: counter,
  writes: counter,
});
export type DiskSample = z.infer<typeof diskSample>;

const nicSample = z.object({
  /** Of the device that it is joined by. */
  name: heard(40),
  /** As the guest sees it: in is what it receives. */
  inBytes: counter,
  outBytes: counter,
  inPackets: counter,
  outPackets: counter,
});
export type NicSample = z.infer<typeof nicSample>;

export const guestSample = z.object({
  guestId: z.uuid(),
  /** Another one after each start: then the counters began again. */
  life: heard(80),
  /** CPU time of all its vCPUs and of the work that is done for it, µs. */
  cpuUs: counter,
  /** Resident on the hypervisor. */
  residentKib: counter.nullable(),
  /** In use as the guest says itself; null when it does not say, or says what no memory holds. */
  usedKib: counter.nullable().catch(null),
  disks: z.array(diskSample).max(64),
  nics: z.array(nicSample).max(64),
});
export type GuestSample = z.infer<typeof guestSample>;

const look = z.object({
  /** Of the agent's own clock that only goes forward, ms since its start. */
  clockMs: z.number().min(0).max(Number.MAX_SAFE_INTEGER),
  /** Each by itself: one that can't be read is left out, and costs the others nothing. */
  guests: z
    .array(guestSample.nullable().catch(null))
    .max(mostSampledGuests)
    .transform((guests) => guests.filter((guest) => guest !== null)),
});
export type Look = z.infer<typeof look>;

/** The wall clock of the hypervisor counts for nothing: a look is as old as `clockMs` says, before the server's now. */
export const metricsReport = z.object({
  version: z.literal(1),
  /** Of the agent's process: its clock begins with it. */
  run: z.uuid(),
  clockMs: z.number().min(0).max(Number.MAX_SAFE_INTEGER),
  looks: z.array(look).max(mostSamples),
});
export type MetricsReport = z.infer<typeof metricsReport>;
