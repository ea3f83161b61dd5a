/**
 * Hints over LISTEN/NOTIFY: "look again", nothing more. Losing every one of them only adds delay (invariant 4), so a
 * failed publish is no error and a reader always polls as well. Sent after commit; the first goes out at once, those that
 * follow within a moment go together: committing transactions that notify share one lock in PostgreSQL.
 */
import pg from "pg";
import type { Database } from "./client.ts";

/**
 * `event`: new rows in the trail. `hypervisor:<id>`: its desired snapshot may differ. `certificate`, `console`.
 * `capacity`: a hypervisor may take what it could not before.
 * `touched:<project id>:<kind>:<id>`: a resource looks different (progress, say) though no event tells of it.
 */
export type HintTopic =
  | "event"
  | "certificate"
  | "console"
  | "capacity"
  | `hypervisor:${string}`
  | `touched:${string}:${string}:${string}`;

const channel = "madang_hint";
const togetherMs = 20;

export type Hints = { publish: (...topics: HintTopic[]) => void; close: () => void };

export function openHints(database: Database): Hints {
  const waiting = new Set<HintTopic>();
  let timer: NodeJS.Timeout | null = null;
  const flush = () => {
    timer = null;
    if (waiting.size === 0) return;
    const topics = [...waiting];
    waiting.clear();
    timer = setTimeout(flush, togetherMs);
    database.pool
      .query(`SELECT pg_notify($1, topic) FROM unnest($2::text[]) AS topic`, [channel, topics])
      .catch(() => {});
  };
  const publish = (...topics: HintTopic[]) => {
    for (const topic of topics) waiting.add(topic);
    // In the next turn, so that what one piece of work says goes together.
    timer ??= setTimeout(flush, 0);
  };
  return { publish, close: () => timer && clearTimeout(timer) };
}

const reconnectMs = 1_000;

/** Calls `onHint` for every hint until the returned function is called; reconnects for ever. A reconnect hints "*". */
export function listenHints(url: string, onHint: (topic: HintTopic | "*") => void): () => Promise<void> {
  let ended = false;
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | null = null;
  const again = () => {
    if (!ended) timer = setTimeout(connect, reconnectMs);
  };
  const connect = async () => {
    const next = new pg.Client({ connectionString: url, keepAlive: true });
    client = next;
    next.on("error", () => {});
    next.on("end", again);
    next.on("notification", ({ payload }) => onHint((payload ?? "*") as HintTopic));
    try {
      await next.connect();
      await next.query(`LISTEN ${channel}`);
      onHint("*");
    } catch {
      await next.end().catch(() => {});
    }
  };
  void connect();
  return async () => {
    ended = true;
    if (timer) clearTimeout(timer);
    await client?.end().catch(() => {});
  };
}
