import fc from "fast-check";
import { expect, test } from "vitest";
import { launchUsage, quotaExcesses, quotaResources } from "./resource.ts";

test("the answer names what is exceeded, with the numbers", () => {
  const lines = [
    { resource: "instances", limit: 10, inUse: 9 },
    { resource: "cores", limit: 20, inUse: 18 },
    { resource: "ram", limit: -1, inUse: 1 },
  ] as const;
  expect(quotaExcesses(lines, launchUsage({ vcpus: 4, ramMib: 4096 }, 1))).toEqual([
    { resource: "cores", limit: 20, inUse: 18, requested: 4 },
  ]);
});

test("a request fits exactly when no resource it asks for passes its limit", () => {
  const line = fc.record({
    resource: fc.constantFrom(...quotaResources),
    limit: fc.integer({ min: -1, max: 100 }),
    inUse: fc.nat(120),
  });
  fc.assert(
    fc.property(line, fc.nat(50), (one, wanted) => {
      const fits = wanted === 0 || one.limit === -1 || one.inUse + wanted <= one.limit;
      expect(quotaExcesses([one], { [one.resource]: wanted }).length === 0).toBe(fits);
    }),
  );
});
