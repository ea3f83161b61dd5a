import { CloudError, type PublicError } from "@madang/core/errors";
import { type GuestSpec, guestBody } from "@madang/core/wire/guest";
import type { GuestObservation, GuestOrder, HypervisorDriver } from "@madang/drivers/hypervisor/driver";

/** Of the one guest that most tests are about. */
export const guestId = crypto.randomUUID();

/** A hypervisor whose every call is written down, and which a test can hold up or make fail. */
export function scriptedDriver() {
  const guests = new Map<string, GuestObservation>();
  const calls: string[] = [];
  const driver = {
    guests,
    calls,
    /** Runs inside the next ensure calls, before anything changes. */
    during: async (_order: GuestOrder, _signal: AbortSignal): Promise<void> => {},
    kind: "scripted",
    capabilities: {
      graphicalConsole: false,
      serialConsole: false,
      consoleLog: false,
      realDisks: false,
      acceleration: "none" as const,
    },
    liveDisks: null,
    rootCopies: { begin: async () => {}, write: async () => {}, end: async () => {} },
    inventory: () => Promise.reject(new Error("not asked")),
    list: async () => [...guests.values()],
    observe: async (id: string) => guests.get(id) ?? null,
    sample: async () => [],
    ensure: async (order: GuestOrder, { signal }: { signal: AbortSignal }) => {
      const { spec } = order;
      calls.push(`ensure ${spec.desired}`);
      await driver.during(order, signal);
      signal.throwIfAborted();
      const next: GuestObservation = {
        guestId: spec.guestId,
        name: spec.hostname,
        observed: spec.desired,
        stopCause: spec.desired === "stopped" ? "destroyed" : null,
        rebootSeq: spec.rebootSeq,
      };
      guests.set(spec.guestId, next);
      return next;
    },
    remove: async (id: string) => {
      calls.push("remove");
      guests.delete(id);
    },
    describe: async (id: string) =>
      guests.has(id) ? guestBody.parse(spec({ guestId: id, generation: 4 })) : null,
    evict: async (id: string, signal: AbortSignal) => {
      calls.push("evict");
      await driver.evicting(id, signal);
      guests.delete(id);
    },
    evicting: async (_guestId: string, _signal: AbortSignal): Promise<void> => {},
    console: () => Promise.reject(new Error("not asked")),
    watch: () => () => {},
    close: async () => {},
  } satisfies HypervisorDriver & { during: unknown; evicting: unknown; guests: unknown; calls: unknown };
  return driver;
}

export const spec = (change: Partial<GuestSpec> = {}): GuestSpec => ({
  guestId,
  instanceId: crypto.randomUUID(),
  projectId: crypto.randomUUID(),
  generation: 1,
  desired: "running",
  rebootSeq: 0,
  rebootKind: "soft",
  crashPolicy: "restart",
  operationId: null,
  hostname: "one",
  vcpus: 1,
  ramMib: 256,
  diskGib: 1,
  machineType: "pc-q35-7.2",
  image: { sha256: "a".repeat(64), sizeBytes: 1, virtualSizeBytes: 1, format: "qcow2" },
  keys: [],
  userDataSha256: null,
  passwordHash: null,
  availabilityZone: "nova",
  launchIndex: 0,
  nics: [],
  ...change,
});

export const broken = (retry: PublicError["retry"]) =>
  new CloudError("Internal", "It will not start.", { reason: "guestStart", retry });
