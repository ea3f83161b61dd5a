import type { CrashPolicy } from "@madang/core/wire/guest";
import type { GuestObservation } from "@madang/drivers/hypervisor/driver";
import { describe, expect, it } from "vitest";
import { backOffMs, type Decision, deathsInARow, decideGuest } from "./decision.ts";
import type { GuestNote } from "./memory.ts";

const seen = (change: Partial<GuestObservation> = {}): GuestObservation => ({
  guestId: "guest",
  name: "guest",
  observed: "running",
  stopCause: null,
  rebootSeq: 0,
  ...change,
});
const stopped = (stopCause: GuestObservation["stopCause"]) => seen({ observed: "stopped", stopCause });
const bootId = crypto.randomUUID();
const ran = (ranGeneration: number | null, ranBootId: string | null = bootId): GuestNote => ({
  ranGeneration,
  ranBootId,
  ackedGeneration: ranGeneration,
  made: true,
});

type Row = {
  name: string;
  desired: "running" | "stopped" | "hold" | "absent";
  rebootSeq?: number;
  crashPolicy?: CrashPolicy;
  seen: GuestObservation | null;
  note?: GuestNote;
  ensured?: number | null;
  decision: Decision;
};
const run: Decision = { kind: "ensure", desired: "running" };
const revive: Decision = { kind: "revive" };
const halt: Decision = { kind: "ensure", desired: "stopped" };
const remove: Decision = { kind: "remove" };
const settled: Decision = { kind: "settled" };

/** The order is generation 4 throughout. */
const rows: Row[] = [
  { name: "to run, not there", desired: "running", seen: null, decision: run },
  {
    name: "to run, running, not confirmed by this agent",
    desired: "running",
    seen: seen(),
    ensured: null,
    decision: run,
  },
  { name: "to run, running", desired: "running", seen: seen(), decision: settled },
  {
    name: "to run, running, confirmed for an older order",
    desired: "running",
    seen: seen(),
    ensured: 3,
    decision: run,
  },
  {
    name: "to run, reboot number behind",
    desired: "running",
    rebootSeq: 2,
    seen: seen({ rebootSeq: 1 }),
    decision: run,
  },
  {
    name: "to run, reboot number ahead",
    desired: "running",
    rebootSeq: 2,
    seen: seen({ rebootSeq: 3 }),
    decision: settled,
  },
  {
    name: "powered itself off under this order",
    desired: "running",
    seen: stopped("shutdown"),
    note: ran(4),
    decision: settled,
  },
  {
    name: "the same after the agent started anew",
    desired: "running",
    seen: stopped("shutdown"),
    note: ran(4),
    ensured: null,
    decision: settled,
  },
  {
    name: "powered itself off under an older order",
    desired: "running",
    seen: stopped("shutdown"),
    note: ran(3),
    decision: run,
  },
  {
    name: "off since before a drain",
    desired: "running",
    seen: stopped("shutdown"),
    note: ran(null),
    decision: run,
  },
  ...(["crashed", "destroyed", "unknown"] as const).flatMap((cause): Row[] => [
    { name: `died (${cause})`, desired: "running", seen: stopped(cause), decision: revive },
    {
      name: `died (${cause}), to be left`,
      desired: "running",
      crashPolicy: "stop",
      seen: stopped(cause),
      decision: settled,
    },
    {
      name: `off (${cause}) since the host's boot, whatever the policy`,
      desired: "running",
      crashPolicy: "stop",
      seen: stopped(cause),
      note: ran(4, crypto.randomUUID()),
      decision: run,
    },
    {
      name: `died (${cause}) under an older order, whatever the policy`,
      desired: "running",
      crashPolicy: "stop",
      seen: stopped(cause),
      note: ran(3),
      decision: run,
    },
  ]),
  {
    name: "drained, whatever the policy",
    desired: "running",
    crashPolicy: "stop",
    seen: stopped("destroyed"),
    note: ran(null, null),
    decision: run,
  },
  {
    name: "powered itself off in an earlier boot",
    desired: "running",
    seen: stopped("shutdown"),
    note: ran(4, crypto.randomUUID()),
    decision: settled,
  },
  { name: "to stop, running", desired: "stopped", seen: seen(), decision: halt },
  { name: "to stop, stopped", desired: "stopped", seen: stopped("destroyed"), decision: settled },
  {
    name: "to stop, self-stopped, not confirmed",
    desired: "stopped",
    seen: stopped("shutdown"),
    ensured: 3,
    decision: halt,
  },
  { name: "to be there but off, not there", desired: "stopped", seen: null, decision: halt },
  { name: "to go, running", desired: "absent", seen: seen(), decision: remove },
  {
    name: "to go, running, though confirmed gone before",
    desired: "absent",
    seen: seen(),
    ensured: 4,
    decision: remove,
  },
  {
    name: "to go, never seen: files may be left",
    desired: "absent",
    seen: null,
    ensured: null,
    decision: remove,
  },
  { name: "to go, gone", desired: "absent", seen: null, decision: settled },
  { name: "held, running", desired: "hold", seen: seen(), decision: settled },
  {
    name: "held, stopped: never started",
    desired: "hold",
    seen: stopped("crashed"),
    ensured: null,
    decision: settled,
  },
  { name: "held, not there", desired: "hold", seen: null, ensured: null, decision: settled },
];

describe("decideGuest", () => {
  it.each(rows)(
    "$name",
    ({
      desired,
      rebootSeq = 0,
      crashPolicy = "restart",
      seen: guest,
      note = ran(4),
      ensured = 4,
      decision,
    }) => {
      const spec = { desired, generation: 4, rebootSeq, crashPolicy };
      expect(decideGuest(spec, guest, note, ensured, bootId)).toEqual(decision);
    },
  );
});

describe("deathsInARow", () => {
  it("counts the deaths of one that lives shortly, and begins anew after a long life", () => {
    expect([0, 1, 2].map((before) => deathsInARow(before, 2_000))).toEqual([1, 2, 3]);
    expect(deathsInARow(7, 300_000)).toBe(1);
  });
});

describe("backOffMs", () => {
  it("doubles from a second to five minutes, with up to a quarter more", () => {
    expect([1, 2, 3, 4].map((failures) => backOffMs(failures, () => 0))).toEqual([
      1_000, 2_000, 4_000, 8_000,
    ]);
    expect(backOffMs(50, () => 0)).toBe(300_000);
    expect(backOffMs(1, () => 1)).toBe(1_250);
  });
});
