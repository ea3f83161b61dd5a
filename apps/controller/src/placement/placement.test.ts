import {
  type Candidate,
  canPlace,
  filterCandidates,
  type PlacementRequest,
} from "@madang/core/hypervisor/placement";
import { offeredBy } from "@madang/core/hypervisor/property";
import { defaultWeights, weightsFrom } from "@madang/core/hypervisor/weight";
import { describe, expect, it } from "vitest";
import { diagnose, type Looked } from "./diagnosis.ts";
import { placementRequest, wantedAmounts } from "./request.ts";
import { roomFor, type WaitingShape } from "./waiting.ts";
import { rankCandidates } from "./weighers.ts";

const amounts = { VCPU: 2, MEMORY_MB: 2_048, DISK_GB: 10 };
const free = { VCPU: 0, MEMORY_MB: 0, DISK_GB: 0 };
const request: PlacementRequest = {
  amounts,
  availabilityZone: "nova",
  required: { tier: "gold" },
  excluded: new Set(["excluded"]),
  realDisksExist: true,
  joined: true,
  volumes: null,
};
const candidate = (change: Partial<Candidate> = {}): Candidate => ({
  id: "host",
  state: "up",
  enabled: true,
  availabilityZone: "nova",
  offered: offeredBy([{ tier: "gold", disk: "ssd" }, { tier: "silver" }]),
  realDisks: true,
  networks: true,
  storage: true,
  bootsFromVolume: true,
  capacity: { VCPU: 8, MEMORY_MB: 8_192, DISK_GB: 100 },
  used: free,
  guests: 0,
  failedGuests: 0,
  ...change,
});

describe("filters", () => {
  it.each<[string, Partial<Candidate>]>([
    ["networks", { networks: false }],
    ["down", { state: "down" }],
    ["down", { state: "fenced" }],
    ["down", { state: "joining", capacity: null, realDisks: null }],
    ["disabled", { enabled: false, state: "disabled" }],
    ["zone", { availabilityZone: "other" }],
    ["properties", { offered: offeredBy([]) }],
    ["properties", { offered: offeredBy([{ tier: "silver" }, { gold: "tier" }]) }],
    ["excluded", { id: "excluded" }],
    ["simulated", { realDisks: false }],
    ["capacity", { used: { ...free, VCPU: 7 } }],
    ["capacity", { used: { ...free, MEMORY_MB: 8_192 - 2_047 } }],
    ["capacity", { used: { ...free, DISK_GB: 91 } }],
    ["capacity", { capacity: null }],
  ])("%s removes %j", (name, change) => {
    expect(filterCandidates([candidate(change)], request)).toEqual({ passed: [], removed: { [name]: 1 } });
  });

  it("keeps what exactly fits", () => {
    const full = candidate({ used: { VCPU: 6, MEMORY_MB: 6_144, DISK_GB: 90 } });
    expect(filterCandidates([full], request).passed).toEqual([full]);
  });

  it("asks for no tenant networks where there is no interface", () => {
    const without = candidate({ networks: false });
    expect(filterCandidates([without], { ...request, joined: false }).passed).toEqual([without]);
  });

  it("follows volumes to where they are, and puts new ones where volumes are kept", () => {
    const [here, there, without] = [
      candidate(),
      candidate({ id: "there" }),
      candidate({ id: "none", storage: false }),
    ];
    const passed = (volumes: PlacementRequest["volumes"]) =>
      filterCandidates([here, there, without], { ...request, volumes }).passed;
    expect(passed(null)).toEqual([here, there, without]);
    expect(passed({ at: null })).toEqual([here, there]);
    expect(passed({ at: "there" })).toEqual([there]);
    expect(passed({ at: "none" })).toEqual([]);
    const older = candidate({ id: "older", bootsFromVolume: false });
    const booting = { ...request, volumes: { at: null, boot: true } };
    expect(filterCandidates([older, here], booting).passed).toEqual([here]);
  });

  it("counts no root disk of what boots from a volume, but the volumes that are to be made there", () => {
    const rootless = { vcpus: 1, ramMib: 512, diskGib: 80, imageSource: null, ports: [] };
    const asked = { availabilityZone: null, requiredProperties: {}, hardware: {}, excludedHypervisors: [] };
    const volumes = { volumeHosts: [null, null], volumesGib: 12, volumeZone: "nova" };
    expect(placementRequest({ ...rootless, ...asked, ...volumes }, [candidate()])).toMatchObject({
      amounts: { VCPU: 1, MEMORY_MB: 512, DISK_GB: 12 },
      availabilityZone: "nova",
      volumes: { at: null, boot: true },
    });
    expect(wantedAmounts(rootless).DISK_GB).toBe(0);
  });

  it("takes a simulated hypervisor where all are simulated", () => {
    const simulated = candidate({ realDisks: false });
    expect(filterCandidates([simulated], { ...request, realDisksExist: false }).passed).toEqual([simulated]);
  });
});

describe("properties", () => {
  it("are those of all aggregates together, and nothing that every object has", () => {
    const offered = candidate();
    const asks = (required: Record<string, string>) => canPlace([offered], { ...request, required });
    expect([asks({}), asks({ tier: "silver", disk: "ssd" }), asks({ tier: "bronze" })]).toEqual([
      true,
      true,
      false,
    ]);
    expect([asks({ constructor: "x" }), asks({ toString: "x" })]).toEqual([false, false]);
  });
});

describe("ranking", () => {
  const hosts = Array.from({ length: 8 }, (_, index) =>
    candidate({ id: `host-${index}`, used: { ...free, MEMORY_MB: index * 700 } }),
  );
  const first = (candidates: readonly Candidate[], weights: Partial<typeof defaultWeights>) =>
    rankCandidates(candidates, amounts, { ...defaultWeights, ...weights }, () => 0)[0]?.id;

  it("prefers the emptier, draws the first from the best five and keeps all others", () => {
    expect(rankCandidates(hosts, amounts, defaultWeights, () => 0)[0]?.id).toBe("host-0");
    expect(rankCandidates(hosts, amounts, defaultWeights, () => 0.999)[0]?.id).toBe("host-4");
    const ranked = rankCandidates(hosts, amounts, defaultWeights, () => 0.5).map(({ id }) => id);
    expect(new Set(ranked).size).toBe(hosts.length);
    expect(ranked.slice(-3)).toEqual(["host-5", "host-6", "host-7"]);
  });

  it("follows the weights: packs, counts guests, avoids where builds fail", () => {
    expect(first(hosts, { memory: -2 })).toBe("host-7");
    const crowded = [candidate({ id: "crowded", guests: 9 }), candidate({ id: "lone" })];
    expect(first(crowded, { guests: 1 })).toBe("lone");
    expect(first(crowded, { guests: -1 })).toBe("crowded");
    const failing = [candidate({ id: "failing", failedGuests: 3 }), candidate({ id: "sound" })];
    expect(first(failing, {})).toBe("sound");
  });

  it("takes stored factors over the defaults and leaves out what it does not know", () => {
    const stored = [
      { name: "disk", factor: -3 },
      { name: "moon", factor: 9 },
    ];
    expect(weightsFrom(stored)).toEqual({ ...defaultWeights, disk: -3 });
  });

  it("answers nothing for nobody", () => {
    expect(rankCandidates([], amounts, defaultWeights)).toEqual([]);
  });
});

describe("diagnosis", () => {
  const size = (name: string, vcpus: number, ramMib: number, diskGib: number) => ({
    id: `id-${name}`,
    name,
    vcpus,
    ramMib,
    diskGib,
    requiredProperties: {},
  });
  const flavors = [size("huge", 8, 16_384, 10), size("small", 1, 1_024, 5), size("nano", 1, 256, 1)];
  const deadline = new Date("2026-11-22T07:00:00Z");
  const say = (candidates: Candidate[], changes: Partial<Looked> = {}) =>
    diagnose({
      candidates,
      request,
      result: filterCandidates(candidates, changes.request ?? request),
      flavors,
      image: { virtualDiskGib: 1, minDiskGib: 0, minRamMib: 0 },
      before: null,
      deadline,
      ...changes,
    });

  it("counts what each filter removed, what was asked, what is free, and names the nearest flavor that fits", () => {
    const hosts = [
      candidate({ state: "down" }),
      candidate({ enabled: false }),
      candidate({ used: { ...free, MEMORY_MB: 7_000 } }),
      candidate({ used: { ...free, MEMORY_MB: 8_000, VCPU: 7 } }),
    ];
    const said = say(hosts);
    expect(said).toMatchObject({ code: "NoValidHost", reason: "NoValidHost", retry: "later" });
    expect(said.params).toEqual({
      hypervisors: 4,
      down: 1,
      disabled: 1,
      capacity: 2,
      wantedVcpus: 2,
      wantedRamMib: 2_048,
      wantedDiskGib: 10,
      wantedZone: "nova",
      wantedProperties: "tier=gold",
      freeVcpus: 8,
      freeRamMib: 1_192,
      freeDiskGib: 100,
      flavor: "small",
      flavorId: "id-small",
      deadline: "2026-11-22T07:00:00.000Z",
    });
    expect(said.message).toBe(
      "None of 4 hypervisors can take this instance: 1 not reachable, 1 disabled, 2 without enough free capacity. Flavor small would fit now.",
    );
  });

  it("names only a flavor that the zone, the aggregates and the image allow", () => {
    const tight = [candidate({ used: { ...free, MEMORY_MB: 7_000 } })];
    const gold = { ...size("gold", 1, 1_000, 5), requiredProperties: { tier: "gold" } };
    const bronze = { ...size("bronze", 1, 1_100, 5), requiredProperties: { tier: "bronze" } };
    expect(say(tight, { flavors: [bronze, gold] }).params).toMatchObject({ flavor: "gold" });
    const elsewhere = { ...request, availabilityZone: "moon" };
    expect(say(tight, { request: elsewhere }).params).not.toHaveProperty("flavor");
    const image = { virtualDiskGib: 1, minDiskGib: 5, minRamMib: 1_024 };
    expect(say(tight, { image }).params).toMatchObject({ flavor: "small" });
    expect(say(tight, { image: { ...image, minRamMib: 1_025 } }).params).not.toHaveProperty("flavor");
  });

  it("names none when nothing would fit, says so when there is no hypervisor, and when the wait has no end", () => {
    const full = say([candidate({ used: { ...free, VCPU: 8 } })], { before: "It failed before." });
    expect(full.params).not.toHaveProperty("flavor");
    expect(full.message).toContain("It failed before.");
    expect(say([]).message).toBe("No hypervisor has joined yet.");
    const endless = say([], { deadline: null });
    expect(endless.params).not.toHaveProperty("deadline");
    expect(endless.message).toContain("without end");
  });
});

describe("room for those who wait", () => {
  const imageSource = { sha256: "a".repeat(64), sizeBytes: 1, virtualSizeBytes: 1, format: "qcow2" };
  const shape = (ramMib: number, ids: string[], since: number): WaitingShape => ({
    vcpus: 1,
    ramMib,
    diskGib: 1,
    imageSource,
    hardware: {},
    availabilityZone: null,
    requiredProperties: {},
    excludedHypervisors: [],
    ports: [],
    volumeHosts: [],
    volumesGib: 0,
    volumeZone: null,
    waiting: ids.map((id, index) => ({ id, since: since + index })),
  });

  it("goes to the oldest first, to as many as fit and no more", () => {
    const hosts = [candidate({ capacity: { VCPU: 8, MEMORY_MB: 2_500, DISK_GB: 100 } })];
    const small = shape(1_000, ["b", "c", "d"], 2);
    expect(roomFor([small], hosts)).toEqual(["b", "c"]);
    expect(roomFor([small, shape(400, ["a"], 1)], hosts)).toEqual(["a", "b", "c"]);
    expect(roomFor([small, shape(400, ["e"], 9)], hosts)).toEqual(["b", "c", "e"]);
    expect(roomFor([shape(2_501, ["big"], 0), small], hosts)).toEqual(["b", "c"]);
    expect(roomFor([small], [candidate({ state: "down" })])).toEqual([]);
  });
});
