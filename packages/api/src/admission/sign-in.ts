/** Opening and closing sessions. Both outcomes are events. */
import { CloudError } from "@madang/core/errors";
import { appendEvent, asUnavailable, transaction } from "@madang/db";
import type { AdmissionDeps } from "../deps.ts";
import { networkOf } from "../network.ts";
import { verifyPassword } from "../password.ts";
import type { RateLimits } from "../rate-limit.ts";
import { sessionExpiry } from "../session.ts";

export type Attempt = {
  username: string;
  password: string;
  address: string;
  userAgent: string;
  requestId: string;
};
export type SignedIn = { sessionId: string; userId: string; name: string };
type Deps = AdmissionDeps & { limits: RateLimits };

const nilUuid = "00000000-0000-0000-0000-000000000000";
const longestAgent = 400;
/** How many of a person's latest addresses count as his. */
const knownAddresses = 50;

/**
 * null when name and password don't belong together, or the user may not sign in: which of them is never told. Throws
 * TooManyRequests, Unavailable.
 */
export async function verifyCredentials(deps: Deps, attempt: Attempt): Promise<SignedIn | null> {
  return await verify(deps, attempt).catch((error: unknown) => {
    throw asUnavailable(error);
  });
}

async function verify(deps: Deps, attempt: Attempt): Promise<SignedIn | null> {
  const username = attempt.username.replaceAll("\0", "").slice(0, 255);
  const address = networkOf(attempt.address);
  const { prepare, run } = deps.limits.passwords;
  const { user, known } = await prepare(address, () => lookUp(deps, attempt, username));
  const signedIn = await run({ address, known }, async () => {
    const matches = await verifyPassword(user?.passwordHash ?? null, attempt.password.slice(0, 1_000));
    if (matches && user?.enabled) return await openSession(deps, attempt, user, known);
    await recordRefusal(deps, attempt, username, user?.id ?? null);
    return null;
  });
  deps.hints.publish("event");
  return signedIn;
}

/** Throws TooManyRequests when this attempt is one too many. */
async function lookUp(deps: Deps, { address }: Attempt, username: string) {
  await deps.limits.take("signInAddress", address);
  await deps.limits.take("signInPair", pairOf(username, address));
  const user = await deps.admission.prisma.user.findFirst({
    where: { name: username, domain: { enabled: true } },
    select: { id: true, name: true, enabled: true, passwordHash: true },
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
  user: { id: string; name: string },
  known: boolean,
): Promise<SignedIn> {
  await deps.limits.take("signInOpened", user.id);
  await deps.limits.giveBack("signInAddress", attempt.address);
  await deps.limits.giveBack("signInPair", pairOf(user.name, attempt.address));
  if (!known) await deps.limits.giveBack("signInStrangers", user.name.toLowerCase());
  const [sessionId, now] = [crypto.randomUUID(), deps.admission.now()];
  const { address } = attempt;
  const userAgent = attempt.userAgent.slice(0, longestAgent);
  await transaction(deps.admission.prisma, async (tx) => {
    await tx.session.create({
      data: {
        id: sessionId,
        userId: user.id,
        createdAt: now,
        lastSeenAt: now,
        expiresAt: sessionExpiry(now, now),
        address,
        userAgent,
      },
    });
    await appendEvent(tx, {
      ...eventOf(attempt, user.name, user.id),
      resourceId: sessionId,
      action: "session.sign-in",
      result: "succeeded",
    });
  });
  return { sessionId, userId: user.id, name: user.name };
}

async function recordRefusal(
  deps: Deps,
  attempt: Attempt,
  username: string,
  userId: string | null,
): Promise<void> {
  const event = {
    ...eventOf(attempt, username, userId),
    resourceId: nilUuid,
    action: "session.refused",
    result: "refused",
  };
  await transaction(deps.admission.prisma, (tx) => appendEvent(tx, event));
}

function eventOf(attempt: Attempt, name: string, userId: string | null) {
  const { address, requestId } = attempt;
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
    const attempt = { username: name, password: "", address, userAgent: "", requestId };
    await appendEvent(tx, {
      ...eventOf(attempt, name, id),
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
