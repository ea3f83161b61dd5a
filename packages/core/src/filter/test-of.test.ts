import { expect, it } from "vitest";
import { instanceFields } from "./instance-fields.ts";
import { parseFilter } from "./parse.ts";
import { testsOf } from "./test-of.ts";

const now = new Date("2026-11-23T12:00:00Z");
const at = (text: string) => new Date(text);

it.each([
  ["created:>7d", { is: "times", from: null, to: at("2026-11-16T12:00:00Z") }],
  ["created:<2h", { is: "times", from: at("2026-11-23T10:00:00Z"), to: null }],
  ["created:1w", { is: "times", from: at("2026-11-16T12:00:00Z"), to: null }],
  ["created:2026-02", { is: "times", from: at("2026-02-01T00:00:00Z"), to: at("2026-03-01T00:00:00Z") }],
  ["created:2026-02-28", { is: "times", from: at("2026-02-28T00:00:00Z"), to: at("2026-03-01T00:00:00Z") }],
  ["created:>2025", { is: "times", from: at("2026-01-01T00:00:00Z"), to: null }],
  ["created:>=2025", { is: "times", from: at("2025-01-01T00:00:00Z"), to: null }],
  ["created:<=2025", { is: "times", from: null, to: at("2026-01-01T00:00:00Z") }],
  ["created:<2026-01-01T09:00+09:00", { is: "times", from: null, to: at("2026-01-01T00:00:00Z") }],
  ["ram:>=4GiB", { is: "numbers", comparison: ">=", than: 4_096 }],
  ["ram:512", { is: "numbers", comparison: "=", than: 512 }],
  ["disk:<0.5T", { is: "numbers", comparison: "<", than: 512 }],
  ["ip:10.0.0.7/24", { is: "within", cidr: "10.0.0.0/24" }],
  ["ip:10.0.0.7", { is: "within", cidr: "10.0.0.7/32" }],
  ["ip:10.0.", { is: "starting", text: "10.0." }],
  ["status:active", { is: "word", text: "ACTIVE" }],
  ["key:none", { is: "nothing" }],
  ['key:"none"', { is: "containing", text: "none" }],
  ["name:=web", { is: "equal", text: "web" }],
  ["protected:예", { is: "flag", on: true }],
  [
    "id:0A1b",
    {
      is: "ids",
      first: "0a1b0000-0000-0000-0000-000000000000",
      last: "0a1bffff-ffff-ffff-ffff-ffffffffffff",
    },
  ],
])("%s", (text, test) => {
  const [term] = parseFilter(text);
  expect(term && testsOf(term, instanceFields, now)).toEqual([test]);
});
