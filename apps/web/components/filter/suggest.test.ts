import { instanceFields } from "@madang/core/filter/instance-fields";
import { parseFilter } from "@madang/core/filter/parse";
import { expect, it } from "vitest";
import { placeAt, sourceOf, suggestionsAt, take } from "./suggest.ts";

const korean: Readonly<Record<string, string>> = { status: "상태", ACTIVE: "사용 중", image: "이미지" };
const said = (word: string) => korean[word] ?? "";
const words = { field: said, value: said };
const offered = (text: string, found: readonly string[] = []) =>
  suggestionsAt(placeAt(text, text.length, instanceFields), instanceFields, words, found).map(
    ({ insert }) => insert,
  );

it.each([
  ["sta", "status:"],
  ["web -sta", "status:"],
  ["상", "status:"],
  ["이미", "image:"],
  ["status:ac", "ACTIVE"],
  ["-status:ERROR,사용", "ACTIVE"],
  ['name:"a b" status:act', "ACTIVE"],
  ["protected:n", "no"],
  ["created:>3", ">30d"],
])("%j is offered %s first", (text, first) => expect(offered(text)[0]).toBe(first));

it("offers nothing inside quotes of a bare text, and all fields where nothing is typed", () => {
  expect(offered('"status ')).toEqual([]);
  expect(offered("")).toEqual(Object.keys(instanceFields).map((name) => `${name}:`));
});

it("asks the server for own images, and quotes what has blanks", () => {
  expect(sourceOf(placeAt("image:ub", 8, instanceFields))).toBe("image");
  expect(offered("image:ub", ["Ubuntu 24.04", "none"])).toEqual(['"Ubuntu 24.04"']);
});

it("puts what is taken in the place of what was typed, so that it is understood", () => {
  const [typed, caret] = ["web status:ACTIVE,bu x", 20];
  const place = placeAt(typed, caret, instanceFields);
  expect(take(typed, caret, place, { insert: "BUILD", about: "" })).toEqual({
    ...{ text: "web status:ACTIVE,BUILD x", caret: 24 },
  });
  const age = take("created:>3", 10, placeAt("created:>3", 10, instanceFields), {
    insert: ">30d",
    about: "",
  });
  expect(parseFilter(age.text)).toMatchObject([{ comparison: ">", values: [{ text: "30d" }] }]);
});
