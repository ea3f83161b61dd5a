import { expect, test } from "vitest";
import { resourceHref } from "./resource-href.ts";

test("each kind leads to its page, to its list, or nowhere", () => {
  expect(resourceHref("p", "instance", "i")).toBe("/p/p/instances/i");
  expect(resourceHref("p", "floating_ip", "f")).toBe("/p/p/floating-ips?selected=f");
  expect(resourceHref("p", "subnet", "s")).toBeNull();
  expect(resourceHref(null, "instance", "i")).toBeNull();
  expect(resourceHref("p", "toString", "i")).toBeNull();
});

test("what only overseers look at is a link for them alone", () => {
  expect(resourceHref("p", "project", "x")).toBeNull();
  expect(resourceHref("p", "project", "x", true)).toBe("/admin/projects/x");
});
