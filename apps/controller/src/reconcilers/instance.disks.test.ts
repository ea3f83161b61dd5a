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
  boot: false,
  copied: false,
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
type Change = {
  launched?: boolean;
  failed?: boolean;
  disk?: Partial<DiskFacts>;
  guest?: Partial<typeof guest> | null;
  others?: (typeof guest)[];
};

function view({ disk: one = {}, guest: body = {}, others = [], ...instance }: Change): DiskView {
  return {
    deleteRequested: false,
    launched: true,
    failed: false,
    ...instance,
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

  it("is placed together with all others that have no place", () => {
    const homeless = { ...disk, hypervisorId: null, ready: false };
    const copy = { ...homeless, volumeId: "copy", copied: true };
    const disks = [homeless, { ...homeless, volumeId: "other" }, copy];
    const step = planDisks({ ...view({}), disks });
    expect(step).toMatchObject({ kind: "place-volume", hypervisorId: "host" });
    expect(step && "disks" in step && step.disks.map(({ volumeId }) => volumeId)).toEqual([
      "volume",
      "other",
    ]);
  });

  it("never goes where its guest is while it is a copy of another volume", () => {
    expect(kindOf({ disk: { hypervisorId: null, ready: false, copied: true } })).toBeNull();
  });

  it("is never withdrawn from what was launched with it or boots from it: that fails itself", () => {
    const fault = { ...volumeElsewhere, reason: "diskFull" };
    expect(kindOf({ disk: { fault }, launched: false })).toBeNull();
    expect(kindOf({ disk: { fault, boot: true } })).toBeNull();
    expect(kindOf({ disk: { hypervisorId: null }, launched: false, failed: true })).toBeNull();
    expect(kindOf({ disk: { detachRequested: true }, launched: false, failed: true })).toBe("release");
  });

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

type Readiness = Parameters<typeof diskReadiness>[0];

describe("a guest that is to be started", () => {
  const stopped = [{ id: "guest", hypervisorId: "host", desired: "stopped" }];
  const told = { ...disk, phase: "attaching" as const };
  const facts = (one: DiskFacts | null, change: Partial<Readiness> = {}) =>
    diskReadiness({
      ...{ disks: one ? [one] : [], guests: stopped, activeGuestId: "guest" },
      ...{ deleteRequested: false, launched: true, rootless: false, ...change },
    });

  it("waits until its volumes are there and it was told of them", () => {
    expect(facts(told)).toEqual([{ condition: "DisksReady", hypervisorId: "host" }]);
    for (const unready of [disk, { ...told, ready: false }])
      expect(facts(unready)[0]?.hypervisorId).toBeNull();
    expect(facts({ ...told, detachRequested: true })).toEqual([]);
    expect(facts(disk, { guests: [{ id: "guest", hypervisorId: "host", desired: "running" }] })).toEqual([]);
    expect(facts(disk, { deleteRequested: true })).toEqual([]);
  });

  it("is nothing without what it boots from, and at first without nothing of what it was launched with", () => {
    const fault = { ...volumeElsewhere, reason: "diskFull" };
    const broken = { ...disk, ready: false, fault };
    expect(facts(broken)[0]).not.toHaveProperty("fault");
    expect(facts({ ...broken, boot: true })[0]).toMatchObject({ fault });
    expect(facts(broken, { launched: false })[0]).toMatchObject({ fault });
    expect(facts({ ...disk, boot: true, hypervisorId: "other" })[0]).toMatchObject({
      fault: volumeElsewhere,
    });
    expect(facts(null, { rootless: true })[0]?.fault).toMatchObject({ reason: "bootVolumeGone" });
    expect(facts({ ...told, boot: true }, { rootless: true })[0]).not.toHaveProperty("fault");
  });

  it("is placed only once it is known where a copy of another volume will be", () => {
    const copied = { ...disk, copied: true, ready: false, hypervisorId: null };
    expect(facts(copied)[0]).toMatchObject({ saysWhere: true });
    expect(facts({ ...copied, hypervisorId: "host" })[0]).not.toHaveProperty("saysWhere");
    expect(facts({ ...copied, copied: false })[0]).not.toHaveProperty("saysWhere");
  });
});
