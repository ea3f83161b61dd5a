import { describe, expect, it } from "vitest";
import {
  between,
  countOf,
  headerState,
  nothingSelected,
  type Selection,
  selectedTest,
  withoutGone,
  withRows,
} from "./selection.ts";

const matching: Selection<{ text: string }> = {
  kind: "matching",
  filter: { text: "web" },
  except: ["b"],
  total: 10_000,
};

describe("rows selected by id", () => {
  it("adds each once and takes away", () => {
    const two = withRows(withRows(nothingSelected, ["a", "b"], true), ["b"], true);
    expect(two).toEqual({ kind: "ids", ids: ["a", "b"] });
    expect(withRows(two, ["a", "z"], false)).toEqual({ kind: "ids", ids: ["b"] });
  });

  it("lets go of rows that are gone, and is itself while none is", () => {
    const two = withRows(nothingSelected, ["a", "b"], true);
    expect(withoutGone(two, ["b", "c"])).toEqual({ kind: "ids", ids: ["b"] });
    expect(withoutGone(two, ["c", "b", "a"])).toBe(two);
  });
});

describe("all that match", () => {
  it("counts what is left out", () => {
    expect(countOf(matching)).toBe(9_999);
    expect(countOf({ ...matching, total: 0 })).toBe(0);
  });

  it("leaves rows out and takes them in again, loaded or not", () => {
    const less = withRows(matching, ["a"], false);
    expect(selectedTest(less)("a")).toBe(false);
    expect(selectedTest(less)("never loaded")).toBe(true);
    expect(withRows(less, ["a", "b"], true)).toEqual({ ...matching, except: [] });
  });

  it("keeps to its rows whichever are loaded", () => {
    expect(withoutGone(matching, [])).toBe(matching);
  });
});

describe("a range", () => {
  const shown = ["a", "b", "c", "d"];

  it("goes both ways, ends included", () => {
    expect(between(shown, "b", "d")).toEqual(["b", "c", "d"]);
    expect(between(shown, "d", "b")).toEqual(["b", "c", "d"]);
    expect(between(shown, "c", "c")).toEqual(["c"]);
  });

  it("is the row alone where it began nowhere, or at a row that is gone", () => {
    expect(between(shown, null, "c")).toEqual(["c"]);
    expect(between(shown, "gone", "c")).toEqual(["c"]);
  });
});

describe("the box in the header", () => {
  it("tells none, some and all of the loaded rows", () => {
    const one = withRows(nothingSelected, ["a"], true);
    expect(headerState(nothingSelected, ["a", "b"])).toBe("none");
    expect(headerState(one, ["a", "b"])).toBe("some");
    expect(headerState(one, ["a"])).toBe("all");
    expect(headerState(matching, ["a", "b"])).toBe("some");
    expect(headerState(withRows(matching, ["b"], true), ["a", "b"])).toBe("all");
  });

  it("tells some when what is selected isn't loaded", () => {
    const one = withRows(nothingSelected, ["elsewhere"], true);
    expect(headerState(one, ["a"])).toBe("some");
    expect(headerState(one, [])).toBe("some");
  });
});
