import { describe, expect, it } from "vitest";
import {
  type DiskFacts,
  type DiskView,
  diskReadiness,
  planDisks,
  volumeElsewhere,
} from "./instance.disks.plan.ts";

const disk: DiskFacts = {
  attachmentId: "attachment",
  volumeId: "volume",
  phase: "reserved",
  detachRequested: false,
  hypervisorId: "host",
  ready: true,
  fault: null,
};
const guest = {
  id: "guest",
  hypervisorId: "host",
  desired: "running" as const,
  generation: 4,
  ackedGeneration: 4,
  silenced: false,
  disks: [] as string[] | null,
};
type Change = { disk?: Partial<DiskFacts>; guest?: Partial<typeof guest> | null; others?: (typeof guest)[] };

function view({ disk: one = {}, guest: body = {}, others = [] }: Change): DiskView {
  return {
    deleteRequested: false,
    disks: [{ ...disk, ...one }],
    guests: [...(body === null ? [] : [{ ...guest, ...body }]), ...others],
    activeGuestId: body === null ? null : "guest",
  };
}
const kindOf = (change: Change) => planDisks(view(change))?.kind ?? null;

describe("an attachment", () => {
  it.each<[string, Change, string | null]>([
    ["is placed with its instance", { disk: { hypervisorId: null, ready: false } }, "place-volume"],
    ["waits for its volume", { disk: { ready: false } }, null],
    ["is told once the volume is there", {}, "connect"],
    ["waits for a guest", { guest: null }, null],
    ["leaves a guest that is being adopted alone", { guest: { desired: "hold" as never } }, null],
    ["waits for the guest's word", { disk: { phase: "attaching" } }, null],
    [
      "believes no older word",
      { disk: { phase: "attaching" }, guest: { ackedGeneration: 3, disks: ["volume"] } },
      null,
    ],
    [
      "is attached when the guest says so",
      { disk: { phase: "attaching" }, guest: { disks: ["volume"] } },
      "attached",
    ],
    ["stays", { disk: { phase: "attached" }, guest: { disks: ["volume"] } }, null],
  ])("%s", (_name, change, kind) => expect(kindOf(change)).toBe(kind));

  it("is withdrawn where its volume can't be made, or is elsewhere", () => {
    const fault = { ...volumeElsewhere, reason: "diskFull" };
    expect(planDisks(view({ disk: { fault } }))).toMatchObject({ kind: "withdraw", fault });
    const elsewhere = planDisks(view({ disk: { hypervisorId: "other" } }));
    expect(elsewhere).toMatchObject({ kind: "withdraw", fault: volumeElsewhere });
  });
});

describe("a detach", () => {
  const asked = { detachRequested: true };
  const gone = { ...asked, phase: "detaching" } as const;
  it.each<[string, Change, string | null]>([
    ["of what no guest was told is done at once", { disk: { ...asked } }, "release"],
    [
      "is told to the guest first",
      { disk: { ...asked, phase: "attached" }, guest: { disks: ["volume"] } },
      "disconnect",
    ],
    ["of what is only being attached as well", { disk: { ...asked, phase: "attaching" } }, "disconnect"],
    [
      "waits for a guest that still has it",
      { disk: { ...asked, phase: "detaching" }, guest: { disks: ["volume"] } },
      null,
    ],
    [
      "believes no older word",
      { disk: { ...asked, phase: "detaching" }, guest: { ackedGeneration: 3 } },
      null,
    ],
    ["believes no silence", { disk: { ...asked, phase: "detaching" }, guest: { disks: null } }, null],
    [
      "waits for a guest of before as well",
      { disk: { ...asked, phase: "detaching" }, others: [{ ...guest, id: "old", disks: ["volume"] }] },
      null,
    ],
    ["is done when the guest is without it", { disk: { ...asked, phase: "detaching" } }, "release"],
    [
      "waits for no word from a revoked hypervisor",
      { disk: gone, guest: { silenced: true, disks: null } },
      "release",
    ],
    ["is done when no guest is left", { disk: { ...asked, phase: "attached" }, guest: null }, "release"],
  ])("%s", (_name, change, kind) => expect(kindOf(change)).toBe(kind));
});

it("starts a guest only when its volumes are there and it was told of them", () => {
  const stopped = [{ desired: "stopped" }];
  const told = { ...disk, phase: "attaching" as const };
  expect(diskReadiness([told], stopped, false)).toEqual([{ condition: "DisksReady", hypervisorId: "host" }]);
  for (const unready of [disk, { ...told, ready: false }])
    expect(diskReadiness([unready], stopped, false)[0]?.hypervisorId).toBeNull();
  expect(diskReadiness([{ ...told, detachRequested: true }], stopped, false)).toEqual([]);
  expect(diskReadiness([disk], [{ desired: "running" }], false)).toEqual([]);
  expect(diskReadiness([disk], stopped, true)).toEqual([]);
});
