/** The browser's side of a console in the database: a ticket is redeemed once, and every opening and closing is on the trail. */
import {
  appendEvent,
  type ConsoleSession,
  type Database,
  goneAfterMs,
  type Hints,
  lockInstance,
  type Tx,
  transaction,
} from "@madang/db";
import { ticketHash } from "./admission/open-console.ts";
import { newConsoleSecret, sealConsoleSecret } from "./console.ts";
import type { Seal } from "./seal.ts";

export type ConsoleDeps = { database: Database; hints: Hints; seal: Seal };

export type ConsoleOpened = {
  console: ConsoleSession;
  instance: { id: string; name: string; running: boolean };
  guestId: string | null;
  hypervisorId: string | null;
  /** What the agent must present when it dials. */
  secret: string;
};

export type Redemption = {
  consoleId: string;
  ticket: string;
  sessionId: string;
  /** Where the agent reaches this process, `wss://…/console/<id>`. */
  internalUrl: string;
};

/** null for any ticket that can't be used: unknown, used, late, or of another session. */
export async function redeemTicket(deps: ConsoleDeps, redemption: Redemption): Promise<ConsoleOpened | null> {
  const { consoleId, ticket, sessionId, internalUrl } = redemption;
  const secret = newConsoleSecret();
  const { rows } = await deps.database.pool.query<{ id: string; guestId: string | null }>(
    `UPDATE console_session c SET redeemed_at = now(), internal_url = $4, agent_secret = $5, guest_id = i.active_guest_id
     FROM instance i WHERE i.id = c.instance_id AND c.id = $1 AND c.ticket_hash = $2 AND c.session_id = $3
       AND c.redeemed_at IS NULL AND c.closed_at IS NULL AND c.expires_at > now() RETURNING c.id`,
    [consoleId, ticketHash(ticket), sessionId, internalUrl, sealConsoleSecret(deps.seal, consoleId, secret)],
  );
  if (rows.length === 0) return null;
  const console = await deps.database.prisma.consoleSession.findUniqueOrThrow({
    where: { id: consoleId },
    include: { instance: true },
  });
  const guest =
    console.guestId && (await deps.database.prisma.guest.findUnique({ where: { id: console.guestId } }));
  const { instance } = console;
  return {
    console,
    instance: { id: instance.id, name: instance.name, running: instance.powerState === "RUNNING" },
    guestId: console.guestId,
    hypervisorId: guest ? guest.hypervisorId : null,
    secret,
  };
}

export type ConsoleActor = { userId: string; name: string; address: string; requestId: string | null };

export async function recordConsole(
  deps: ConsoleDeps,
  { console, instance }: Pick<ConsoleOpened, "console" | "instance">,
  actor: ConsoleActor,
  action: "console.open" | "console.close",
): Promise<void> {
  await transaction(deps.database.prisma, async (tx) => {
    if (action === "console.close") {
      await tx.consoleSession.updateMany({
        where: { id: console.id, closedAt: null },
        data: { closedAt: deps.database.now() },
      });
    }
    await appendConsole(tx, { console, instance }, actor, action);
  });
  deps.hints.publish("event");
}

async function appendConsole(
  tx: Tx,
  { console, instance }: { console: ConsoleSession; instance: { id: string; name: string } },
  actor: ConsoleActor,
  action: "console.open" | "console.close",
): Promise<void> {
  await appendEvent(tx, {
    projectId: console.projectId,
    actorKind: "user",
    actorId: actor.userId,
    actorName: actor.name,
    resourceKind: "instance",
    resourceId: instance.id,
    resourceName: instance.name,
    action,
    result: "succeeded",
    requestId: actor.requestId,
    address: actor.address,
    params: { kind: console.kind },
  });
}

/**
 * Who opens a console is in control of it, unless somebody else is: his own earlier one, which may only not yet know that
 * it is lost, gives way. Under the instance's lock, as every change of control.
 */
export async function claimControl(deps: ConsoleDeps, console: ConsoleSession): Promise<void> {
  const { id, instanceId, kind, sessionId, viewOnly } = console;
  if (kind === "log" || viewOnly) return;
  await transaction(deps.database.prisma, async (tx) => {
    await lockInstance(tx, instanceId);
    const open = { instanceId, kind, inControl: true, closedAt: null };
    if ((await tx.consoleSession.count({ where: { ...open, sessionId: { not: sessionId } } })) > 0) return;
    await tx.consoleSession.updateMany({ where: open, data: { inControl: false } });
    await tx.consoleSession.updateMany({ where: { id, closedAt: null }, data: { inControl: true } });
  });
  deps.hints.publish("console");
}

/** Those of the given consoles whose input may reach the guest. */
export async function consolesInControl(
  database: Database,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await database.pool.query<{ id: string }>(
    "SELECT id FROM console_session WHERE id = ANY($1::uuid[]) AND in_control AND closed_at IS NULL",
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}

/** `session`: of who watches it, ended; `hypervisor`: was revoked; `closed`: its row was closed. */
export type EndedConsole = { id: string; cause: "session" | "hypervisor" | "closed" };

/** Those of the given consoles that must end now. A session's end comes first: its consoles are closed as stale too. */
export async function endedConsoles(database: Database, ids: readonly string[]): Promise<EndedConsole[]> {
  if (ids.length === 0) return [];
  const { rows } = await database.pool.query<EndedConsole>(
    `SELECT open.id, CASE WHEN s.revoked_at IS NOT NULL OR s.expires_at < now() THEN 'session'
                          WHEN h.revoked_at IS NOT NULL THEN 'hypervisor' ELSE 'closed' END AS cause
     FROM unnest($1::uuid[]) AS open(id)
     LEFT JOIN console_session c ON c.id = open.id LEFT JOIN guest g ON g.id = c.guest_id
     LEFT JOIN hypervisor h ON h.id = g.hypervisor_id LEFT JOIN session s ON s.id = c.session_id
     WHERE c.id IS NULL OR c.closed_at IS NOT NULL OR h.revoked_at IS NOT NULL`,
    [ids],
  );
  return rows;
}

/** Tickets nobody used, dials that never came, sessions that ended, and consoles whose web process is gone. */
export async function closeStaleConsoles(
  deps: ConsoleDeps,
  internalBase: string,
  startedAt: Date,
): Promise<void> {
  await deps.database.pool.query(
    `UPDATE console_session SET closed_at = now() WHERE closed_at IS NULL AND (
       (redeemed_at IS NULL AND expires_at < now() - interval '1 minute')
       OR (redeemed_at < now() - interval '1 minute' AND agent_dialled_at IS NULL)
       OR session_id IN (SELECT id FROM session WHERE revoked_at IS NOT NULL OR expires_at < now() - interval '1 minute'))`,
  );
  await closeAbandoned(deps, internalBase, startedAt);
}

/**
 * What a web process that was killed left open: an earlier run at this address, or one that gives no sign of life. It can't
 * put the end on the trail any more, so that is done here. (A process of an older version does not say where it listens:
 * while one lives, nobody is believed to be gone.)
 */
async function closeAbandoned({ database, hints }: ConsoleDeps, internalBase: string, startedAt: Date) {
  const ended = await transaction(database.prisma, async (tx) => {
    const closed = await tx.$queryRaw<{ id: string }[]>`
      UPDATE console_session c SET closed_at = now() WHERE closed_at IS NULL AND (
        (starts_with(internal_url, ${internalBase}) AND redeemed_at < ${startedAt})
        OR (redeemed_at < now() - make_interval(secs => ${goneAfterMs / 1_000}) AND NOT EXISTS (
          SELECT 1 FROM process p WHERE p.kind = 'web'
            AND p.last_seen_at > now() - make_interval(secs => ${goneAfterMs / 1_000})
            AND (p.detail->>'agentUrl' IS NULL
              OR starts_with(c.internal_url, replace(p.detail->>'agentUrl', 'https:', 'wss:'))))))
      RETURNING c.id`;
    const consoles = await tx.consoleSession.findMany({
      where: { id: { in: closed.map(({ id }) => id) } },
      include: { instance: true, session: { include: { user: true } } },
    });
    for (const { instance, session, ...console } of consoles) {
      const { id: userId, name } = session.user;
      const actor = { userId, name, address: session.address, requestId: null };
      await appendConsole(tx, { console, instance }, actor, "console.close");
    }
    return consoles.length;
  });
  if (ended > 0) hints.publish("event");
}

/** Marks the dial; false when it is not expected (again), or comes from another hypervisor than the guest's. */
export async function acceptDial(
  database: Database,
  consoleId: string,
  hypervisorId: string,
): Promise<boolean> {
  const { rowCount } = await database.pool.query(
    `UPDATE console_session c SET agent_dialled_at = now() FROM guest g
     WHERE g.id = c.guest_id AND c.id = $1 AND g.hypervisor_id = $2 AND c.agent_dialled_at IS NULL
       AND c.closed_at IS NULL AND c.redeemed_at IS NOT NULL`,
    [consoleId, hypervisorId],
  );
  return rowCount === 1;
}
