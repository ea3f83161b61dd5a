import { describe, expect, it } from "vitest";
import { savedViews, viewName, viewQuery, withoutView, withView } from "./saved-views.ts";
import { choosable, hiddenKeys, hiddenText, withoutHidden } from "./table-look.ts";

describe("a saved view", () => {
  it("holds filter, order and columns, but no open row, whatever their order was", () => {
    const query = viewQuery("?sort=-name&selected=abc&q=web%20-test", ["image", "created"]);
    expect(query).toBe("hide=image%2Ccreated&q=web+-test&sort=-name");
    expect(viewQuery("?q=web%20-test&sort=-name", ["image", "created"])).toBe(query);
  });

  it("tells a view that hides nothing from one that leaves it to the reader", () => {
    expect(viewQuery("", [])).toBe("hide=-");
    expect(hiddenKeys("-")).toEqual([]);
    expect(hiddenKeys(hiddenText(["a", "b"]))).toEqual(["a", "b"]);
  });

  it("takes the place of one of the same name", () => {
    const two = withView(withView([], { name: "나", query: "q=1" }), { name: "가", query: "q=2" });
    expect(two.map(({ name }) => name)).toEqual(["가", "나"]);
    expect(withView(two, { name: "나", query: "q=3" }).at(-1)).toEqual({ name: "나", query: "q=3" });
    expect(withoutView(two, "가")).toEqual([{ name: "나", query: "q=1" }]);
  });

  it("takes no empty or endless name, and no damaged store", () => {
    expect(viewName.safeParse("  ").success).toBe(false);
    expect(viewName.safeParse("x".repeat(61)).success).toBe(false);
    expect(savedViews.safeParse([{ name: "a" }]).success).toBe(false);
  });
});

describe("columns that may be hidden", () => {
  const columns = [
    { key: "name", title: "Name" },
    { key: "status", title: "Status" },
    { key: "actions", title: { icon: true } },
  ];

  it("are neither the first nor those without a word", () => {
    expect(choosable(columns).map(({ key }) => key)).toEqual(["status"]);
  });

  it("go when they are hidden, and no others", () => {
    const shown = withoutHidden(columns, ["name", "status", "actions", "gone"]);
    expect(shown.map(({ key }) => key)).toEqual(["name", "actions"]);
  });
});
