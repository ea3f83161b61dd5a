/** A bounded run of the model check: the shipped functions hold, and each rule that is switched off is missed. */
import { describe, expect, it } from "vitest";
import { sets } from "./bounds.ts";
import { rules } from "./rules.ts";
import { search } from "./search.ts";
import { shipped } from "./shipped.ts";

/** More than any of the small bounds has: each of them is searched to its end. */
const limit = 500_000;
const timeout = 600_000;

/** Every step of the plans, and every way out of a claim or an old plan. */
const controllerMoves = [
  "adopt guest",
  "clear-fault",
  "delete-instance",
  "drop-guest guest",
  "fail",
  "fence host",
  "give-up guest",
  "its host is away",
  "mark-launched guest",
  "nothing to adopt",
  "order guest running",
  "order guest stopped",
  "place guest on host",
  "record-crash-stop guest",
  "record-self-stop guest",
  "refuse to fence host",
  "remove-guests",
  "reset",
  "settle",
];

describe("the shipped functions", () => {
  const met = new Set<string>();

  it.each(sets.small)("hold in every state of: $name", { timeout }, ({ bound, least }) => {
    const outcome = search(bound, shipped, { limit });
    expect(outcome.violation).toBeNull();
    expect(outcome.complete).toBe(true);
    expect(outcome.states).toBeGreaterThan(least);
    for (const kind of outcome.kinds) met.add(kind);
  });

  it("were asked for everything that they can do", () => {
    expect(controllerMoves.filter((move) => !met.has(`controller: ${move}`))).toEqual([]);
  });
});

describe("every rule is needed", () => {
  it("there are enough of them", () => expect(rules.length).toBeGreaterThanOrEqual(16));

  it.each(rules)("$name: $says", { timeout }, (rule) => {
    const broken = search(rule.bound, rule.off(shipped), { limit });
    expect(broken.violation?.what).toMatch(rule.without);
    // As far as that, so that it is the rule and not its bound that is broken.
    const kept = search(rule.bound, shipped, { limit: broken.states });
    expect(kept.violation).toBeNull();
  });
});
