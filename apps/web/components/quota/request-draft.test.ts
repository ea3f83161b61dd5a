import { quotaResources } from "@madang/core/quota/resource";
import fc from "fast-check";
import { expect, test } from "vitest";
import { draftsOf } from "./limit-draft.ts";
import { parseDraft } from "./request-draft.ts";

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
      const parsed = parseDraft({ asked: draftsOf(asked), reason: "because" });
      expect(parsed).toEqual({ ok: true, asked: { ...asked }, reason: "because" });
    }),
  );
});

test("empty fields ask for nothing, and what is no limit is not sent", () => {
  expect(parseDraft({ asked: { cores: " " }, reason: "" })).toEqual({
    ok: false,
    faults: { asked: {}, form: "limitsRequired", reason: "reasonRequired" },
  });
  for (const wrong of ["many", "-3", "1,5"])
    expect(parseDraft({ asked: { cores: wrong, ram: "1,024" }, reason: "x" })).toEqual({
      ok: false,
      faults: { asked: {} },
    });
});
