import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CloudError } from "../errors.ts";
import { instanceFields } from "./instance-fields.ts";
import { parseFilter } from "./parse.ts";
import { printFilter, printValue, typedValue } from "./print.ts";
import { filterLimits } from "./term.ts";
import { testsOf } from "./test-of.ts";

const bare = (text: string) => ({
  field: null,
  comparison: "",
  values: [{ text, quoted: false }],
  negated: false,
});
const now = new Date("2026-11-23T00:00:00Z");

/** The reason a text is refused for, and where. */
function refused(text: string): unknown {
  try {
    for (const term of parseFilter(text)) if (term.field !== null) testsOf(term, instanceFields, now);
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return [error.options.reason, error.options.params?.position];
  }
  return null;
}

describe("parseFilter", () => {
  it("reads words, fields, comparisons, lists, quotes and what is left out, with their places", () => {
    expect(parseFilter('web -status:ERROR,build RAM:>=4GiB name:="a \\"b\\""')).toEqual([
      { ...bare("web"), start: 0, end: 3 },
      {
        ...{ field: "status", comparison: "", negated: true, start: 4, end: 23 },
        values: [
          { text: "ERROR", quoted: false },
          { text: "build", quoted: false },
        ],
      },
      {
        ...{ field: "ram", comparison: ">=", negated: false, start: 24, end: 34 },
        values: [{ text: "4GiB", quoted: false }],
      },
      {
        ...{ field: "name", comparison: "=", negated: false, start: 35, end: 50 },
        values: [{ text: 'a "b"', quoted: true }],
      },
    ]);
  });

  it.each(["fa:16:3e:00:00:01", "52:54:0", "fe80::1", "::", "50%_\\", "a,b", "-", 'x"y', '"', "상태:켜짐"])(
    "takes %j as the word it is",
    (text) => expect(parseFilter(text)).toEqual([{ ...bare(text), start: 0, end: text.length }]),
  );

  it.each([
    ["nosuch:1", "filterUnknownField", 0],
    ["constructor:x", "filterUnknownField", 0],
    ["a status:WRONG", "filterUnknownValue", 2],
    ["name:", "filterNoValue", 5],
    ["name:a,", "filterNoValue", 7],
    ['"open', "filterQuote", 0],
    ['a "b"c', "filterQuote", 2],
    ["name:>a", "filterComparison", 0],
    ["vcpus:many", "filterNotNumber", 0],
    ["ram:4 ram:4X", "filterNotNumber", 6],
    ["created:2026-02-30", "filterNotDate", 0],
    ["created:0000", "filterNotDate", 0],
    ["ip:300.1.1.1/8", "filterNotAddress", 0],
    ["id:zz", "filterNotId", 0],
    ["protected:maybe", "filterNotFlag", 0],
    ["x".repeat(filterLimits.length + 1), "filterTooLong", filterLimits.length],
    [`ip:${"9,".repeat(filterLimits.values - 1)}9 a -ip:9`, "filterTooMany", 2 * filterLimits.values + 9],
    ["x ".repeat(filterLimits.terms + 1), "filterTooMany", 2 * filterLimits.terms],
  ])("refuses %j: %s at %i", (text, reason, position) => expect(refused(text)).toEqual([reason, position]));

  const pieces = fc.constantFrom(
    "a",
    "-",
    ":",
    '"',
    "\\",
    ",",
    " ",
    ">",
    "=",
    "status",
    "ip",
    "created",
    "none",
    "\0",
    "\ud800",
    "상",
    "7d",
    "/",
  );
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.array(pieces, { maxLength: 40 }).map((all) => all.join("")),
  );

  it("throws nothing but its own error, and what it reads is read again the same when printed", () => {
    fc.assert(
      fc.property(text, (typed) => {
        if (refused(typed) !== null) return;
        const terms = parseFilter(typed);
        for (const { start, end } of terms) expect(typed.slice(start, end)).toMatch(/^\S/);
        const again = parseFilter(printFilter(terms));
        const plain = (all: typeof terms) => all.map(({ start: _start, end: _end, ...term }) => term);
        expect(plain(again)).toEqual(plain(terms));
      }),
      { numRuns: 2_000 },
    );
  });

  it("reads any suggested value back as itself", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (value) => {
        const [term, ...others] = parseFilter(`image:=${printValue(typedValue(value))}`);
        expect(others).toEqual([]);
        expect(term?.values[0]?.text).toBe(value);
      }),
    );
  });

  it.each(['"', "(", "a:", "\\", "-", '"a" ', "\0", "\ud800", ","])(
    "is done at once with 10 kB of %j",
    (piece) => {
      expect(refused(piece.repeat(10_000))).toEqual(["filterTooLong", filterLimits.length]);
      refused(piece.repeat(Math.floor(filterLimits.length / piece.length)));
    },
  );
});
