/**
 * Opening and closing sessions. Both outcomes are events. Each sign-in makes a session of its own and ends the one that
 * the browser had before.
 */
import { CloudError } from "@madang/core/errors";
import { appendEvent, asUnavailable, type Tx, transaction } from "@madang/db";
import type { AdmissionDeps } from "../deps.ts";
import { networkOf } from "../network.ts";
import { verifyPassword } from "../password.ts";
import type { RateLimits } from "../rate-limit.ts";
import { type Proof, takeCode } from "../second-factor.ts";
import { sessionExpiry } from "../session.ts";

export type Attempt = {
  username: string;
  password: string;
  /** Of the second factor, or a recovery code; empty as long as it was not asked for. */
  code: string;
  /** The session that the browser has: it ends when a new one begins. */
  earlierSessionId: string | null;
  address: string;
  userAgent: string;
  requestId: string;
};
export type SignedIn = { sessionId: string; userId: string; name: string };
/** `code…`: name and password are right; it depends on the second factor. */
export type SignInRefusal = "wrong" | "codeNeeded" | "codeWrong";
export type SignInAnswer = SignedIn | { refused: SignInRefusal };
type Deps = AdmissionDeps & { limits: RateLimits };
type User = {
  id: string;
  name: string;
  enabled: boolean;
  passwordHash: string | null;
  totpConfirmedAt: Date | null;
};

const nilUuid = "00000000-0000-0000-0000-000000000000";
/** Who tried to sign in by a name that is nobody's. */
const nobody = "(unknown)";
const longestAgent = 400;
/** How many of a person's latest addresses count as his. */
const knownAddresses = 50;

/**
 * "wrong" when name and password don't belong together, or the user may not sign in: which of them is never told, nor by
 * how long it takes. Throws TooManyRequests, Unavailable.
 */
export async function verifyCredentials(deps: Deps, attempt: Attempt): Promise<SignInAnswer> {
  return await verify(deps, attempt).catch((error: unknown) => {
    throw asUnavailable(error);
  });
}

async function verify(deps: Deps, attempt: Attempt): Promise<SignInAnswer> {
  const username = attempt.username.replaceAll("\0", "").slice(0, 255);
  const address = networkOf(attempt.address);
  const { prepare, run } = deps.limits.passwords;
  const { user, known } = await prepare(address, () => lookUp(deps, attempt, username));
  const answer = await run({ address, known }, async () => {
    const matches = await verifyPassword(user?.passwordHash ?? null, attempt.password.slice(0, 1_000));
    const passed = matches && user?.enabled ? await admit(deps, attempt, user, known) : "wrong";
    if (typeof passed !== "string") return passed;
    if (passed !== "codeNeeded") await recordRefusal(deps, attempt, username, user?.id ?? null, passed);
    return { refused: passed };
  });
  deps.hints.publish("event");
  return answer;
}

/** The password is right. */
async function admit(
  deps: Deps,
  attempt: Attempt,
  user: User,
  known: boolean,
): Promise<SignedIn | SignInRefusal> {
  const asked = user.totpConfirmedAt !== null;
  await deps.limits.take(asked ? "signInAsked" : "signInOpened", user.id);
  if (asked && attempt.code === "") {
    await giveBack(deps, attempt, user, known);
    return "codeNeeded";
  }
  // Guessing codes is worth more than guessing passwords: there are only a million.
  const guesser = `${user.id} ${known ? networkOf(attempt.address) : "strangers"}`;
  if (asked) await deps.limits.take("signInCode", guesser);
  const passed = await openSession(deps, attempt, user);
  if (typeof passed === "string") return passed;
  await giveBack(deps, attempt, user, known);
  if (asked) await deps.limits.giveBack("signInCode", guesser);
  return passed;
}

async function giveBack({ limits }: Deps, { address }: Attempt, user: User, known: boolean): Promise<void> {
  await limits.giveBack("signInAddress", address);
  await limits.giveBack("signInPair", pairOf(user.name, address));
  if (!known) await limits.giveBack("signInStrangers", user.name.toLowerCase());
}

/** Throws TooManyRequests when this attempt is one too many. */
async function lookUp(deps: Deps, { address }: Attempt, username: string) {
  await deps.limits.take("signInAddress", address);
  await deps.limits.take("signInPair", pairOf(username, address));
  const user = await deps.admission.prisma.user.findFirst({
    where: { name: username, domain: { enabled: true } },
    select: { id: true, name: true, enabled: true, passwordHash: true, totpConfirmedAt: true },
  });
  // Also for nobody: how long it takes must not tell who is there.
  const known = await hasSignedInFrom(deps, user?.id ?? nilUuid, address);
  if (!known) await deps.limits.take("signInStrangers", username.toLowerCase());
  return { user, known };
}

function pairOf(username: string, address: string): string {
  return `${networkOf(address)} ${username.toLowerCase()}`;
}

/** As long as his sessions are kept. */
async function hasSignedInFrom(deps: Deps, userId: string, address: string): Promise<boolean> {
  const { rows } = await deps.admission.pool.query<{ address: string }>(
    `SELECT address FROM session WHERE user_id = $1 GROUP BY address ORDER BY max(created_at) DESC LIMIT $2`,
    [userId, knownAddresses],
  );
  return rows.some((row) => networkOf(row.address) === networkOf(address));
}

async function openSession(
  deps: Deps,
  attempt: Attempt,
  user: User,
): Promise<SignedIn | "wrong" | "codeWrong"> {
  return await transaction(deps.admission.prisma, async (tx) => {
    if (!(await isStillSo(tx, user))) return "wrong";
    const proof = user.totpConfirmedAt ? await takeCode(tx, deps.seal, user.id, attempt.code) : "password";
    if (!proof) return "codeWrong";
    const sessionId = await insertSession(deps, tx, attempt, user);
    await appendEvent(tx, {
      ...eventOf(attempt, user.name, user.id),
      resourceId: sessionId,
      action: "session.sign-in",
      result: "succeeded",
      params: { proof } satisfies { proof: Proof | "password" },
    });
    return { sessionId, userId: user.id, name: user.name };
  });
}

/** Locks the user: while the password was tried out it may have been changed, or he been shut out. */
async function isStillSo(tx: Tx, { id, passwordHash, totpConfirmedAt }: User): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM "user" WHERE id = ${id}::uuid AND enabled AND password_hash = ${passwordHash}
      AND (totp_confirmed_at IS NOT NULL) = ${totpConfirmedAt !== null} FOR UPDATE`;
  return rows.length === 1;
}

async function insertSession(deps: Deps, tx: Tx, attempt: Attempt, user: User): Promise<string> {
  const [id, now] = [crypto.randomUUID(), deps.admission.now()];
  const times = { createdAt: now, lastSeenAt: now, expiresAt: sessionExpiry(now, now) };
  const { address, earlierSessionId } = attempt;
  const userAgent = attempt.userAgent.slice(0, longestAgent);
  await tx.session.create({ data: { id, userId: user.id, ...times, address, userAgent } });
  await tx.user.update({ where: { id: user.id }, data: { lastSignInAt: now } });
  if (earlierSessionId !== null) {
    const earlier = { id: earlierSessionId, revokedAt: null };
    await tx.session.updateMany({ where: earlier, data: { revokedAt: now } });
  }
  return id;
}

async function recordRefusal(
  deps: Deps,
  attempt: Attempt,
  username: string,
  userId: string | null,
  refused: SignInRefusal,
): Promise<void> {
  // What nobody is called may be a password that was typed into the wrong field.
  const event = {
    ...eventOf(attempt, userId === null ? nobody : username, userId),
    resourceId: nilUuid,
    action: "session.refused",
    result: "refused",
    params: { proof: refused === "codeWrong" ? "code" : "password" },
  };
  const written = userId !== null || (await hasRoomForNobody(deps));
  await transaction(deps.admission.prisma, async (tx) => {
    await appendEvent(tx, event);
    // Only here: else how long it takes would tell who is nobody.
    if (!written) throw new LeftOut();
  }).catch((error: unknown) => {
    if (!(error instanceof LeftOut)) throw error;
  });
}

/** Whoever makes up names must not fill the trail; the figures count him all the same. */
class LeftOut extends Error {}

async function hasRoomForNobody({ limits }: Deps): Promise<boolean> {
  return await limits.take("refusedNobody", "all").then(
    () => true,
    () => false,
  );
}

function eventOf(
  { address, requestId }: Pick<Attempt, "address" | "requestId">,
  name: string,
  userId: string | null,
) {
  return {
    actorKind: "user",
    actorId: userId,
    actorName: name,
    resourceKind: "session",
    resourceName: name,
    address,
    requestId,
  };
}

/** Ending what has ended already is no error. */
export async function signOut(
  deps: AdmissionDeps,
  sessionId: string,
  address: string,
  requestId: string,
): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    const session = await tx.session.findUnique({ where: { id: sessionId }, include: { user: true } });
    if (!session || session.revokedAt) return;
    await tx.session.update({ where: { id: sessionId }, data: { revokedAt: deps.admission.now() } });
    const { id, name } = session.user;
    await appendEvent(tx, {
      ...eventOf({ address, requestId }, name, id),
      resourceId: sessionId,
      action: "session.sign-out",
      result: "succeeded",
    });
  });
  deps.hints.publish("event");
}

export function wrongPassword(field: string): CloudError {
  return new CloudError("InvalidInput", "The password is not right.", { reason: "passwordWrong", field });
}
