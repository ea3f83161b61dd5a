/** How long a refusal takes tells nobody whether there is such a user, whether he may sign in, or has a second factor. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestCloud, type TestCloud } from "../testing.ts";
import { verifyCredentials } from "./sign-in.ts";
import { createUser } from "./user.ts";

let cloud: TestCloud;
const password = "correct horse battery staple";
const rounds = 25;
beforeAll(async () => {
  cloud = await openTestCloud();
  const { prisma } = cloud.database;
  const { id } = await prisma.domain.findFirstOrThrow();
  for (const name of ["present", "shut out", "protected"]) {
    await createUser(prisma, id, { name, email: null, password, mustChangePassword: false });
  }
  await prisma.user.updateMany({ where: { name: "shut out" }, data: { enabled: false } });
  const totp = { totpSecretSealed: "sealed", totpConfirmedAt: new Date() };
  await prisma.user.updateMany({ where: { name: "protected" }, data: totp });
});
afterAll(() => cloud.close());

const guesses = {
  present: { username: "present", password: "wrong" },
  missing: { username: "missing", password: "wrong" },
  "shut out": { username: "shut out", password },
  protected: { username: "protected", password: "wrong" },
} as const;
const kinds = ["present", "missing", "shut out", "protected"] as const;

async function timeOf(kind: (typeof kinds)[number], round: number): Promise<number> {
  const rest = {
    code: "",
    earlierSessionId: null,
    userAgent: "test",
    requestId: `req-${crypto.randomUUID()}`,
  };
  // From everywhere, so that the limits by address are not what is measured.
  const address = `10.${kinds.indexOf(kind)}.0.${round}`;
  const began = performance.now();
  const answer = await verifyCredentials(cloud.deps, { ...guesses[kind], address, ...rest });
  const took = performance.now() - began;
  expect(answer).toEqual({ refused: "wrong" });
  return took;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

test("present, missing, disabled or with a second factor: the medians lie beside each other", async () => {
  const took = new Map<string, number[]>(kinds.map((kind) => [kind, []]));
  for (const kind of kinds) await timeOf(kind, 200);
  for (let round = 0; round < rounds; round++) {
    // In turn, and each time in another order: what else the machine does falls on all alike.
    for (const kind of [...kinds.slice(round % 4), ...kinds.slice(0, round % 4)]) {
      took.get(kind)?.push(await timeOf(kind, round));
    }
  }
  const medians = kinds.map((kind) => median(took.get(kind) ?? []));
  console.info(kinds.map((kind, index) => `${kind} ${medians[index]?.toFixed(1)} ms`).join(", "));
  // Without the decoy a missing user is refused in less than half of the time.
  expect(Math.max(...medians) / Math.min(...medians)).toBeLessThan(2);
});
