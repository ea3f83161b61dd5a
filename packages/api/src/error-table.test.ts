import { CloudError, errorCodes } from "@madang/core/errors";
import { displayName } from "@madang/core/instance/launch";
import { TRPCError } from "@trpc/server";
import { expect, test } from "vitest";
import { z } from "zod";
import { cloudErrorOf, toTrpcError, trpcCodes } from "./error-table.ts";

test.each(errorCodes)("%s goes out and comes back as itself, without what is for operators", (code) => {
  const thrown = new CloudError(code, "said to users", {
    detail: "for operators",
    reason: "why",
    cause: new Error("x"),
  });
  const error = toTrpcError(thrown);
  expect(error.code).toBe(trpcCodes[code]);
  const shown = cloudErrorOf(error).toPublic();
  expect(shown).toMatchObject({ code, reason: "why", message: "said to users" });
  expect(JSON.stringify(shown)).not.toContain("operators");
});

test("what nobody expected is Internal and shows nothing of itself", () => {
  const error = toTrpcError(new Error("password of postgres is x"));
  expect(error.code).toBe("INTERNAL_SERVER_ERROR");
  expect(JSON.stringify(cloudErrorOf(error).toPublic())).not.toContain("postgres");
  expect(error.message).not.toContain("postgres");
});

test("a lock not got, or a database that restarts, is Unavailable and worth another try", () => {
  for (const text of ["canceling statement due to lock timeout", "connect ECONNREFUSED 127.0.0.1", "57P01"]) {
    expect(cloudErrorOf(toTrpcError(new Error(text))).toPublic()).toMatchObject({
      code: "Unavailable",
      retry: "later",
    });
  }
});

test("a fault in the input names its field and its reason", () => {
  const parsed = z
    .object({ instance: z.object({ name: displayName }) })
    .safeParse({ instance: { name: "a\nb" } });
  const error = new TRPCError({ code: "BAD_REQUEST", cause: parsed.error });
  expect(cloudErrorOf(error).toPublic()).toMatchObject({
    code: "InvalidInput",
    reason: "nameCharacters",
    field: "instance.name",
  });
  const own = z.object({ count: z.number() }).safeParse({ count: "x" });
  expect(cloudErrorOf(new TRPCError({ code: "BAD_REQUEST", cause: own.error })).toPublic()).toMatchObject({
    reason: "invalidInput",
  });
});

test.each(["NOT_FOUND", "PARSE_ERROR", "METHOD_NOT_SUPPORTED", "PAYLOAD_TOO_LARGE"] as const)(
  "tRPC's own %s is typed too",
  (code) => {
    expect(cloudErrorOf(new TRPCError({ code })).code).not.toBe("Internal");
  },
);
