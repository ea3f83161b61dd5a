import fc from "fast-check";
import { expect, test } from "vitest";
import { limits, limitsText, storedLimits } from "./request.ts";
import { isQuotaResource, namedResources, quotaExcesses, ruleOf, sumUsage, unsaidLimit } from "./resource.ts";
import {
  isTypeResource,
  kindOf,
  typeIdOf,
  typeKinds,
  typeResources,
  typeUsage,
  volumeUsage,
} from "./type-resource.ts";

const id = "0b1f4d52-6f0e-4b39-9a53-3f1f8b6f2a10";
const other = "11111111-2222-4333-8444-555555555555";

test("a type's resources are named by its id and read back", () => {
  fc.assert(
    fc.property(fc.uuid(), (uuid) => {
      for (const [index, name] of typeResources(uuid).entries()) {
        expect(isTypeResource(name) && isQuotaResource(name)).toBe(true);
        expect([kindOf(name), typeIdOf(name)]).toEqual([typeKinds[index], uuid]);
        expect(ruleOf(name).name).toBe(typeKinds[index]);
      }
    }),
  );
});

test.each([
  "gigabytes",
  `ports:${id}`,
  `gigabytes:${id} `,
  ` gigabytes:${id}`,
  "gigabytes:fast",
  `gigabytes:${id}:1`,
])("%j is no type's", (name) => {
  expect(isTypeResource(name)).toBe(false);
});

test("a volume asks of its project and of its type, a retype of the type alone", () => {
  expect(volumeUsage(id, { volumes: 1, gigabytes: 5 })).toEqual({
    ...{ volumes: 1, gigabytes: 5, [`volumes:${id}`]: 1, [`gigabytes:${id}`]: 5 },
  });
  expect(typeUsage(id, { volumes: 1, gigabytes: 5 })).toEqual({
    ...{ [`volumes:${id}`]: 1, [`gigabytes:${id}`]: 5 },
  });
});

test("sums keep the fixed resources before those of types", () => {
  const sum = sumUsage(volumeUsage(other, { gigabytes: 1 }), volumeUsage(id, { gigabytes: 2, snapshots: 1 }));
  expect(sum).toEqual({
    ...{
      gigabytes: 3,
      snapshots: 1,
      [`gigabytes:${id}`]: 2,
      [`snapshots:${id}`]: 1,
      [`gigabytes:${other}`]: 1,
    },
  });
  expect(namedResources(sum)).toEqual([
    ...["gigabytes", "snapshots", `gigabytes:${id}`, `gigabytes:${other}`, `snapshots:${id}`],
  ]);
});

test("nothing said of a type is unlimited, and what is too much says which type it is", () => {
  expect([unsaidLimit(`gigabytes:${id}`), unsaidLimit("gigabytes")]).toEqual([-1, 0]);
  const line = { resource: `gigabytes:${id}`, typeName: "fast", limit: 10, inUse: 8 } as const;
  expect(quotaExcesses([line], volumeUsage(id, { gigabytes: 3 }))).toEqual([
    { resource: `gigabytes:${id}`, typeName: "fast", limit: 10, inUse: 8, requested: 3 },
  ]);
});

test("limits take names of types, stored ones leave out what is no resource, and both are told by the type's name", () => {
  const all = { cores: 4, [`gigabytes:${id}`]: 100 };
  expect(limits.parse(all)).toEqual(all);
  expect(limits.safeParse({ [`gigabytes:${id.toUpperCase()}`]: 1 }).success).toBe(false);
  const many = Object.fromEntries(Array.from({ length: 1_001 }, () => [`volumes:${crypto.randomUUID()}`, 1]));
  expect(limits.safeParse(many).success).toBe(false);
  expect(storedLimits.parse({ ...all, wheels: 3 })).toEqual(all);
  expect(limitsText(all, new Map([[id, "fast"]]))).toBe("cores 4, gigabytes (fast) 100");
});
