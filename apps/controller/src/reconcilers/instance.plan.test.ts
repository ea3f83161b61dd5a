import { describe, expect, it } from "vitest";
import { type Change, fault, view } from "../testing/plan-view.ts";
import { type InstanceStep, planInstance, portsNotBound } from "./instance.plan.ts";

const unlaunched = { launched: false, observedGeneration: 0 } as const;
const absent = { desired: "absent" } as const;
const forced = { deleteRequested: true, force: "asked" } as const;
const adopting = { ...unlaunched, adopts: true } as const;
const died = { observed: "stopped", stopCause: "crashed" } as const;
const held = { desired: "hold", observed: "running" } as const;
const powerOff = { observed: "stopped", stopCause: "shutdown" } as const;

const rows: [string, Change, { kind: InstanceStep["kind"]; [field: string]: unknown }][] = [
  ["settled", {}, { kind: "done" }],
  [
    "settled and off",
    { instance: { power: "stopped" }, guest: { desired: "stopped", observed: "stopped" } },
    { kind: "done" },
  ],

  [
    "a passing fault of a first build is waited for",
    { instance: unlaunched, guest: { ackedGeneration: 4, fault: fault("later") } },
    { kind: "wait", for: "guest" },
  ],
  [
    "a passing fault that did not pass in time",
    { instance: { ...unlaunched, overdue: true }, guest: { ackedGeneration: 4, fault: fault("later") } },
    { kind: "give-up" },
  ],
  [
    "ports that are not bound are waited for",
    { instance: unlaunched, guest: { desired: "stopped", observed: "stopped" }, bound: null },
    { kind: "wait", for: "readiness" },
  ],
  [
    "ports that were not bound in time",
    {
      instance: { ...unlaunched, overdue: true },
      guest: { desired: "stopped", observed: "stopped" },
      bound: null,
    },
    { kind: "fail", fault: portsNotBound },
  ],
  [
    "ports that were not bound in time end a passing fault too",
    {
      instance: { ...unlaunched, overdue: true },
      guest: { desired: "stopped", observed: "stopped", ackedGeneration: 4, fault: fault("later") },
      bound: null,
    },
    { kind: "fail", fault: portsNotBound },
  ],
  [
    "ports of one that once ran are waited for as long as it takes",
    { instance: { overdue: true }, guest: { desired: "stopped", observed: "stopped" }, bound: null },
    { kind: "wait", for: "readiness" },
  ],
  [
    "a build that is only slow",
    { instance: { ...unlaunched, overdue: true }, guest: { ackedGeneration: 4 } },
    { kind: "wait", for: "guest" },
  ],
  [
    "a passing fault of one that once ran",
    { instance: { overdue: true }, guest: { ackedGeneration: 4, fault: fault("later") } },
    { kind: "wait", for: "guest" },
  ],
  ["nothing is there yet", { instance: unlaunched, guest: null }, { kind: "place" }],
  ["its guest was lost with its host", { guest: { lost: true } }, { kind: "drop-guest" }],
  [
    "a lost guest goes whatever was ordered",
    { guest: { lost: true, desired: "running", ackedGeneration: 1 } },
    { kind: "drop-guest" },
  ],
  ["absent and acknowledged", { guest: { ...absent, observed: "absent" } }, { kind: "drop-guest" }],
  [
    "absent, acknowledged at an older generation",
    { guest: { ...absent, observed: "absent", ackedGeneration: 4 } },
    { kind: "wait", for: "removal" },
  ],
  ["absent seen, never ordered", { guest: { observed: "absent" } }, { kind: "wait", for: "guest" }],
  [
    "another guest is still there",
    { instance: unlaunched, guest: null, others: [absent] },
    { kind: "wait", for: "removal" },
  ],
  [
    "an abandoned guest that is gone",
    { instance: unlaunched, guest: null, others: [{ ...absent, observed: "absent" }] },
    { kind: "drop-guest" },
  ],

  ["delete: guests are ordered away", { instance: { deleteRequested: true } }, { kind: "remove-guests" }],
  [
    "delete: an ordered guest is waited for",
    { instance: { deleteRequested: true }, guest: absent },
    { kind: "wait", for: "removal" },
  ],
  [
    "delete: every guest goes",
    { instance: { deleteRequested: true }, guest: absent, others: [{}] },
    { kind: "remove-guests" },
  ],
  [
    "delete: no guest left, a port still bound",
    { instance: { deleteRequested: true }, guest: null },
    { kind: "wait", for: "readiness" },
  ],
  [
    "delete: nothing left",
    { instance: { deleteRequested: true }, guest: null, bound: null },
    { kind: "delete-instance" },
  ],
  ["forced: guests are ordered away first", { instance: forced }, { kind: "remove-guests" }],
  ["forced: an answer is waited for", { instance: forced, guest: absent }, { kind: "wait", for: "removal" }],
  [
    "forced: nobody will answer",
    { instance: forced, guest: { ...absent, reachable: false } },
    { kind: "drop-guest" },
  ],
  [
    "forced: its removal failed",
    { instance: forced, guest: { ...absent, observed: "failed", fault: fault("never") } },
    { kind: "drop-guest" },
  ],
  [
    "forced: a fault from before the removal",
    { instance: forced, guest: { ...absent, ackedGeneration: 4, fault: fault("later") } },
    { kind: "wait", for: "removal" },
  ],
  [
    "forced: no answer in time",
    { instance: { ...forced, force: "overdue" }, guest: absent },
    { kind: "drop-guest" },
  ],
  [
    "not forced: nobody will answer",
    { instance: { deleteRequested: true }, guest: { ...absent, reachable: false } },
    { kind: "wait", for: "removal" },
  ],
  [
    "delete wins over a fault",
    { instance: { deleteRequested: true, fault: fault("never") } },
    { kind: "remove-guests" },
  ],
  [
    "delete wins over placement",
    { instance: { ...unlaunched, deleteRequested: true }, guest: null, bound: null },
    { kind: "delete-instance" },
  ],

  [
    "placed, everything ready",
    { instance: unlaunched, guest: { desired: "stopped", observed: "unknown", ackedGeneration: 0 } },
    { kind: "update-guest" },
  ],
  [
    "placed, a port not bound",
    { instance: unlaunched, guest: { desired: "stopped", observed: "stopped" }, bound: null },
    { kind: "wait", for: "readiness" },
  ],
  [
    "placed, a port bound to another hypervisor",
    { instance: unlaunched, guest: { desired: "stopped", observed: "stopped" }, bound: "host-2" },
    { kind: "wait", for: "readiness" },
  ],
  ["a running guest is not stopped for readiness", { bound: null }, { kind: "wait", for: "readiness" }],
  ["stop", { instance: { power: "stopped", generation: 4 } }, { kind: "update-guest" }],
  ["reboot", { instance: { rebootSeq: 2, generation: 4 } }, { kind: "update-guest" }],
  ["hard reboot of the same number", { instance: { rebootKind: "hard" } }, { kind: "update-guest" }],
  ["a new generation that changes nothing", { instance: { generation: 4 } }, { kind: "update-guest" }],
  ["ordered, not acknowledged", { guest: { ackedGeneration: 4 } }, { kind: "wait", for: "guest" }],
  ["acknowledged, reboot not reached", { guest: { observedRebootSeq: 0 } }, { kind: "wait", for: "guest" }],
  ["acknowledged, new", { instance: { observedGeneration: 2 } }, { kind: "settle" }],
  [
    "died, the agent starts it again",
    { guest: { observed: "stopped", stopCause: "crashed" } },
    { kind: "wait", for: "guest" },
  ],

  [
    "died, and is to be left alone",
    { instance: { crashPolicy: "stop" }, guest: died },
    { kind: "record-crash-stop" },
  ],
  [
    "died in its first minute, and is to be left alone",
    { instance: { ...unlaunched, crashPolicy: "stop" }, guest: died },
    { kind: "mark-launched" },
  ],
  [
    "died, said of an older order",
    { instance: { crashPolicy: "stop" }, guest: { ...died, ackedGeneration: 4 } },
    { kind: "wait", for: "guest" },
  ],
  [
    "off since its host started, which is no death",
    { instance: { crashPolicy: "stop" }, guest: { ...died, stopCause: null } },
    { kind: "wait", for: "guest" },
  ],
  [
    "died, left alone, settled",
    { instance: { crashPolicy: "stop", selfStoppedAt: 3 }, guest: { ...died, desired: "stopped" } },
    { kind: "done" },
  ],
  [
    "powered itself off where deaths are left alone",
    { instance: { crashPolicy: "stop" }, guest: powerOff },
    { kind: "record-self-stop" },
  ],

  ["adoption", { instance: adopting, guest: null }, { kind: "adopt" }],
  [
    "adopted, not asked yet",
    { instance: adopting, guest: { ...held, ackedGeneration: 4 } },
    { kind: "wait", for: "guest" },
  ],
  ["adopted, it is there", { instance: adopting, guest: held }, { kind: "mark-launched" }],
  [
    "adopted, it is gone",
    { instance: adopting, guest: { ...held, observed: "absent" } },
    { kind: "fail", fault: { reason: "orphanGone" } },
  ],
  [
    "adopted, and known to be there",
    { instance: { adopts: true, observedGeneration: 0 }, guest: held },
    { kind: "update-guest", order: { desired: "running" } },
  ],
  [
    "adopted while it runs, a port not bound: it is not stopped for that",
    { instance: { adopts: true }, guest: held, bound: null },
    { kind: "wait", for: "readiness" },
  ],
  ["adopted once, lost with its host", { instance: { adopts: true }, guest: null }, { kind: "place" }],
  [
    "adoption deleted",
    { instance: { ...adopting, deleteRequested: true }, guest: held },
    { kind: "remove-guests" },
  ],

  ["reset", { instance: { resetRequested: true, generation: 4, fault: fault("never") } }, { kind: "reset" }],
  ["reset without a fault", { instance: { ...unlaunched, resetRequested: true } }, { kind: "reset" }],
  [
    "reset of what is to be deleted",
    { instance: { resetRequested: true, deleteRequested: true } },
    { kind: "remove-guests" },
  ],
  [
    "reset of a lost guest",
    { instance: { resetRequested: true }, guest: { lost: true } },
    { kind: "drop-guest" },
  ],

  ["first run", { instance: unlaunched }, { kind: "mark-launched" }],
  ["first run, over already", { instance: unlaunched, guest: powerOff }, { kind: "mark-launched" }],
  [
    "first run not acknowledged",
    { instance: unlaunched, guest: { ackedGeneration: 4 } },
    { kind: "wait", for: "guest" },
  ],
  ["powered itself off", { guest: powerOff }, { kind: "record-self-stop" }],
  [
    "powered itself off, said of an older order",
    { guest: { ...powerOff, ackedGeneration: 4 } },
    { kind: "wait", for: "guest" },
  ],
  [
    "off, start was asked, start fails for now",
    { guest: { ...powerOff, fault: fault("later") } },
    { kind: "wait", for: "guest" },
  ],
  [
    "powered itself off, recorded",
    { instance: { selfStoppedAt: 3 }, guest: { ...powerOff, desired: "stopped" } },
    { kind: "done" },
  ],
  [
    "powered itself off, then started",
    { instance: { selfStoppedAt: 3, generation: 4 }, guest: { ...powerOff, desired: "stopped" } },
    { kind: "update-guest" },
  ],

  [
    "build failed, try elsewhere",
    { instance: unlaunched, guest: { observed: "failed", fault: fault("elsewhere") } },
    { kind: "give-up" },
  ],
  [
    "build failed on the second",
    {
      instance: { ...unlaunched, excludedHypervisors: ["a"] },
      guest: { observed: "failed", fault: fault("elsewhere") },
    },
    { kind: "give-up" },
  ],
  [
    "build failed on the third",
    {
      instance: { ...unlaunched, excludedHypervisors: ["a", "b"] },
      guest: { observed: "failed", fault: fault("elsewhere") },
    },
    { kind: "fail" },
  ],
  [
    "build failed for ever",
    { instance: unlaunched, guest: { observed: "failed", fault: fault("never") } },
    { kind: "fail" },
  ],
  [
    "build failed for now",
    { instance: unlaunched, guest: { observed: "failed", fault: fault("later") } },
    { kind: "wait", for: "guest" },
  ],
  [
    "build failed, said of an older order",
    { instance: unlaunched, guest: { observed: "failed", ackedGeneration: 4, fault: fault("never") } },
    { kind: "wait", for: "guest" },
  ],
  [
    "a disk that is here cannot try elsewhere",
    { guest: { observed: "failed", fault: fault("elsewhere") } },
    { kind: "fail" },
  ],
  [
    "failed build gives its room back",
    { instance: { ...unlaunched, fault: fault("never") }, guest: { observed: "failed" } },
    { kind: "remove-guests" },
  ],
  [
    "failed build, nothing left",
    { instance: { ...unlaunched, fault: fault("never") }, guest: null },
    { kind: "settle" },
  ],
  [
    "failed build is never placed again",
    { instance: { ...unlaunched, observedGeneration: 3, fault: fault("never") }, guest: null },
    { kind: "done" },
  ],
  [
    "failed after it ran keeps its guest",
    { instance: { fault: fault("never") }, guest: { observed: "failed" } },
    { kind: "done" },
  ],
  ["failed after it ran, then came right", { instance: { fault: fault("never") } }, { kind: "clear-fault" }],
  [
    "failed after it ran, asked anew",
    { instance: { fault: fault("never"), generation: 4 }, guest: { observed: "failed" } },
    { kind: "clear-fault" },
  ],
];

describe("planInstance", () => {
  it.each(rows)("%s", (_name, change, step) => {
    expect(planInstance(view(change))).toMatchObject(step);
  });

  it("orders a first run only once everything is ready", () => {
    const placed = { desired: "stopped", observed: "stopped" } as const;
    const step = planInstance(view({ instance: unlaunched, guest: placed }));
    expect(step).toMatchObject({
      kind: "update-guest",
      order: { desired: "running", instanceGeneration: 3 },
    });
  });

  it("names every guest to remove", () => {
    const step = planInstance(view({ instance: { deleteRequested: true }, others: [{}, absent] }));
    expect(step.kind === "remove-guests" && step.guests.map(({ id }) => id)).toEqual(["guest-1", "other-0"]);
  });
});
