/**
 * Re-judges everything a process holds open (streams, consoles) once a second, all of it in one query (invariant 4):
 * a revoked session, a disabled user or a lost role ends it within about a second, whatever messages were lost.
 */
import { CloudError } from "@madang/core/errors";
import { grantsText } from "@madang/core/identity/grants-text";
import { type Grants, isGranted, type Permission } from "@madang/core/identity/permission";
import type { Database } from "@madang/db";
import { readIdentities, type SessionIdentity } from "../identity.ts";

export type Watched = {
  identity: SessionIdentity;
  permission: Permission;
  projectId: string | null;
  onEnd: (reason: EndReason) => void;
  /** His roles are others than they were. */
  onGrants?: (grants: Grants) => void;
};
export type EndReason = "signedOut" | "accessRevoked";

export type AccessWatch = {
  /**
   * Answers the function that ends the watch. `onEnd` is called at most once. Throws TooManyRequests when the person has
   * too much open in this process.
   */
  add: (watched: Watched) => () => void;
  close: () => void;
};

const everyMs = 1_000;
/** Streams and consoles; a tab has two or three. */
const mostPerPerson = 100;

export function openAccessWatch(database: Database): AccessWatch {
  const open = new Set<Watched>();
  const check = async () => {
    const entries = [...open];
    if (entries.length === 0) return;
    const ids = [...new Set(entries.map(({ identity }) => identity.sessionId))];
    const identities = await readIdentities(database, ids);
    const closed = await closedProjects(database, entries);
    for (const entry of entries) {
      const isClosed = entry.projectId !== null && closed.has(entry.projectId);
      const now = identities.get(entry.identity.sessionId);
      const reason = now && isClosed ? "accessRevoked" : judge(entry, now);
      if (reason && open.delete(entry)) entry.onEnd(reason);
      else if (now) tellGrants(entry, now);
    }
  };
  let closed = false;
  let timer: NodeJS.Timeout;
  // Without the database nothing new is read either, so a failed check shows nobody anything: the next one decides.
  const tick = () =>
    check()
      .catch(() => {})
      .finally(() => {
        if (!closed) timer = setTimeout(tick, everyMs);
      });
  timer = setTimeout(tick, everyMs);
  return {
    add: (watched) => {
      const { userId } = watched.identity;
      const own = [...open].filter(({ identity }) => identity.userId === userId).length;
      if (own >= mostPerPerson) throw tooMany();
      open.add(watched);
      return () => open.delete(watched);
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** Disabled or gone: for whoever is an administrator of the whole cloud his roles don't say it. */
async function closedProjects(database: Database, entries: readonly Watched[]): Promise<Set<string>> {
  const ids = [...new Set(entries.flatMap(({ projectId }) => projectId ?? []))];
  if (ids.length === 0) return new Set();
  const { rows } = await database.pool.query<{ id: string }>(
    `SELECT named.id FROM unnest($1::uuid[]) AS named (id) LEFT JOIN project ON project.id = named.id
     WHERE project.enabled IS NOT TRUE`,
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}

function tellGrants(entry: Watched, now: SessionIdentity): void {
  if (!entry.onGrants || grantsText(now.grants) === grantsText(entry.identity.grants)) return;
  entry.identity = now;
  entry.onGrants(now.grants);
}

function judge(entry: Watched, now: SessionIdentity | undefined): EndReason | null {
  if (!now) return "signedOut";
  return isGranted(now.grants, entry.permission, entry.projectId) ? null : "accessRevoked";
}

function tooMany(): CloudError {
  return new CloudError("TooManyRequests", "You have too many tabs and consoles open.", {
    reason: "tooManyStreams",
    params: { limit: mostPerPerson },
    retry: "later",
  });
}
