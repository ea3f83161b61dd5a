/** Attachments in every order of events: the shipped functions hold, and each rule that is switched off is missed. */
import { describe, expect, it } from "vitest";
import { diskBounds, diskRules } from "./rules.ts";
import { search } from "./search.ts";
import { shipped } from "./shipped.ts";

/** More than any bound has: each is searched to its end. */
const limit = 200_000;
const timeout = 300_000;
const steps = ["attached", "connect", "disconnect", "place-volume", "release"];

describe("attachments", () => {
  const met = new Set<string>();

  it.each(diskBounds)("hold with $name", { timeout }, ({ bound, least }) => {
    const outcome = search(bound, shipped, limit);
    expect(outcome.violation).toBeNull();
    expect(outcome.complete).toBe(true);
    expect(outcome.states).toBeGreaterThan(least);
    for (const kind of outcome.kinds) met.add(kind);
  });

  it("were asked for everything that they can do", () => {
    expect(steps.filter((step) => !met.has(`controller: ${step}`))).toEqual([]);
  });

  it.each(diskRules)("need: $says", { timeout }, (rule) => {
    const broken = search(rule.bound, rule.off(shipped), limit);
    expect(broken.violation?.what).toMatch(rule.without);
    // As far as that, so that it is the rule and not its bound that is broken.
    expect(search(rule.bound, shipped, broken.states).violation).toBeNull();
  });
});
