import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyUpdates, changedMap, changedSet, type DatabaseRows } from "./cache.ts";
import { parseSchema } from "./schema.ts";

const schema = parseSchema({
  tables: {
    Thing: {
      columns: {
        name: { type: "string" },
        rank: { type: { key: "integer" } },
        note: { type: { key: "string", min: 0, max: 1 } },
        parts: { type: { key: { type: "uuid", refTable: "Part" }, min: 0, max: "unlimited" } },
        marks: { type: { key: "string", value: "string", min: 0, max: "unlimited" } },
      },
    },
  },
});

const atoms = fc.uniqueArray(fc.string());
const marks = fc.dictionary(fc.string(), fc.constantFrom("1", "2"));
type Marks = Readonly<Record<string, string>>;

/** As ovsdb-server(7) defines the differences. */
function setDifference(before: readonly string[], after: readonly string[]): string[] {
  return [
    ...before.filter((atom) => !after.includes(atom)),
    ...after.filter((atom) => !before.includes(atom)),
  ];
}
function mapDifference(before: Marks, after: Marks): Marks {
  const gone = Object.entries(before).filter(([key]) => !Object.hasOwn(after, key));
  const told = Object.entries(after).filter(
    ([key, value]) => !Object.hasOwn(before, key) || before[key] !== value,
  );
  return Object.fromEntries([...gone, ...told]);
}

describe("the row cache", () => {
  it("follows any change of a set", () => {
    fc.assert(
      fc.property(atoms, atoms, (before, after) => {
        expect(new Set(changedSet(before, setDifference(before, after)))).toEqual(new Set(after));
      }),
    );
  });

  it("follows any change of a map, whatever its keys are called", () => {
    fc.assert(
      fc.property(marks, marks, (before, after) => {
        expect(Object.entries(changedMap(before, mapDifference(before, after))).sort()).toEqual(
          Object.entries(after).sort(),
        );
      }),
    );
  });

  it("takes rows in, changes them by differences, and forgets them", () => {
    const rows: DatabaseRows = new Map([["Thing", new Map()]]);
    const apply = (update: unknown) => applyUpdates(rows, schema, { Thing: { one: update } });
    apply({ initial: { name: "a", parts: ["uuid", "p1"], marks: ["map", [["k", "1"]]] } });
    expect(rows.get("Thing")?.get("one")).toEqual({
      name: "a",
      rank: 0,
      note: [],
      parts: ["p1"],
      marks: { k: "1" },
    });
    apply({
      modify: {
        note: "x",
        rank: 3,
        parts: [
          "set",
          [
            ["uuid", "p1"],
            ["uuid", "p2"],
          ],
        ],
      },
    });
    expect(rows.get("Thing")?.get("one")).toEqual({
      name: "a",
      rank: 3,
      note: ["x"],
      parts: ["p2"],
      marks: { k: "1" },
    });
    // Of at most one value the difference is the new value, also where it is none.
    apply({
      modify: {
        note: ["set", []],
        marks: [
          "map",
          [
            ["k", "2"],
            ["l", "1"],
          ],
        ],
      },
    });
    expect(rows.get("Thing")?.get("one")).toMatchObject({ note: [], marks: { k: "2", l: "1" } });
    const [change] = apply({ delete: null });
    expect(change).toMatchObject({ table: "Thing", id: "one", before: { rank: 3 }, after: null });
    expect(rows.get("Thing")?.size).toBe(0);
  });

  it("refuses what nobody asked for, and what can't be", () => {
    const rows: DatabaseRows = new Map([["Thing", new Map()]]);
    const refused = (updates: unknown) =>
      expect(() => applyUpdates(rows, schema, updates)).toThrow("protocol");
    refused({ Other: { one: { insert: {} } } });
    refused({ Thing: { one: { modify: { name: "a" } } } });
    refused({ Thing: { one: { insert: { unknown: 1 } } } });
    refused({ Thing: { one: { insert: { name: { a: 1 } } } } });
    refused({ Thing: { one: { insert: { marks: ["map", ["k"]] } } } });
    refused({ Thing: [] });
  });
});
