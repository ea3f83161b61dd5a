import { describe, expect, it } from "vitest";
import { diagnose } from "./diagnosis.ts";
import { type Candidate, filterCandidates, type PlacementRequest } from "./filters.ts";
import { rankCandidates } from "./weighers.ts";

const amounts = { VCPU: 2, MEMORY_MB: 2_048, DISK_GB: 10 };
const free = { VCPU: 0, MEMORY_MB: 0, DISK_GB: 0 };
const request: PlacementRequest = {
  amounts,
  availabilityZone: "nova",
  excluded: new Set(["excluded"]),
  realDisksExist: true,
};
const candidate = (change: Partial<Candidate> = {}): Candidate => ({
  id: "host",
  state: "up",
  enabled: true,
  availabilityZone: "nova",
  realDisks: true,
  capacity: { VCPU: 8, MEMORY_MB: 8_192, DISK_GB: 100 },
  used: free,
  ...change,
});

describe("filters", () => {
  it.each<[string, Partial<Candidate>]>([
    ["down", { state: "down" }],
    ["down", { state: "fenced" }],
    ["down", { state: "joining", capacity: null, realDisks: null }],
    ["disabled", { enabled: false, state: "disabled" }],
    ["zone", { availabilityZone: "other" }],
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

  it("takes a simulated hypervisor where all are simulated", () => {
    const simulated = candidate({ realDisks: false });
    expect(filterCandidates([simulated], { ...request, realDisksExist: false }).passed).toEqual([simulated]);
  });
});

describe("ranking", () => {
  const hosts = Array.from({ length: 8 }, (_, index) =>
    candidate({ id: `host-${index}`, used: { ...free, MEMORY_MB: index * 700 } }),
  );

  it("prefers the emptier, draws the first from the best five and keeps all others", () => {
    expect(rankCandidates(hosts, amounts, () => 0)[0]?.id).toBe("host-0");
    expect(rankCandidates(hosts, amounts, () => 0.999)[0]?.id).toBe("host-4");
    const ranked = rankCandidates(hosts, amounts, () => 0.5).map(({ id }) => id);
    expect(new Set(ranked).size).toBe(hosts.length);
    expect(ranked.slice(-3)).toEqual(["host-5", "host-6", "host-7"]);
  });

  it("answers nothing for nobody", () => {
    expect(rankCandidates([], amounts)).toEqual([]);
  });
});

describe("diagnosis", () => {
  const flavors = [
    { name: "huge", vcpus: 8, ramMib: 16_384, diskGib: 10 },
    { name: "small", vcpus: 1, ramMib: 1_024, diskGib: 5 },
    { name: "nano", vcpus: 1, ramMib: 256, diskGib: 1 },
  ];

  it("counts what each filter removed and names the nearest flavor that fits", () => {
    const hosts = [
      candidate({ state: "down" }),
      candidate({ enabled: false }),
      candidate({ used: { ...free, MEMORY_MB: 7_000 } }),
    ];
    const said = diagnose(hosts, request, filterCandidates(hosts, request), flavors, null);
    expect(said).toMatchObject({
      code: "NoValidHost",
      params: { hypervisors: 3, down: 1, disabled: 1, capacity: 1, flavor: "small" },
    });
    expect(said.message).toBe(
      "None of 3 hypervisors can take this instance: 1 not reachable, 1 disabled, 1 without enough free capacity. Flavor small would fit now.",
    );
  });

  it("names no flavor when nothing would fit, and says so when there is no hypervisor at all", () => {
    const hosts = [candidate({ used: { ...free, VCPU: 8 } })];
    const full = diagnose(hosts, request, filterCandidates(hosts, request), flavors, "It failed before.");
    expect(full.params).not.toHaveProperty("flavor");
    expect(full.message).toContain("It failed before.");
    const none = diagnose([], request, { passed: [], removed: {} }, flavors, null);
    expect(none.message).toBe("No hypervisor has joined yet.");
  });
});
