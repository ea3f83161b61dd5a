import { quotaResources } from "@madang/core/quota/resource";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDraft, typedLimits } from "./request-draft.ts";

test("what a form lacks is asked for to the very unit", () => {
  const limits = fc.dictionary(
    fc.constantFrom(...quotaResources),
    fc.integer({ min: -1, max: 2_147_483_647 }),
    {
      minKeys: 1,
    },
  );
  fc.assert(
    fc.property(limits, (asked) => {
      const parsed = parseDraft({ asked: typedLimits(asked), reason: "because" });
      expect(parsed).toEqual({ ok: true, asked: { ...asked }, reason: "because" });
    }),
  );
});

test("empty fields ask for nothing, and what is no limit is told at its field", () => {
  expect(parseDraft({ asked: { cores: " " }, reason: "" })).toEqual({
    ok: false,
    faults: { asked: {}, form: "limitsRequired", reason: "reasonRequired" },
  });
  const { faults } = parseDraft({ asked: { cores: "many", instances: "-3", ram: "1,024" }, reason: "x" }) as {
    faults: { asked: object };
  };
  expect(faults.asked).toEqual({ cores: "numberRequired", instances: "numberRange" });
});
