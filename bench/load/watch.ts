/**
 * Learns of instances' states as the portal does: one WebSocket with the project's events, and a look at what they name.
 * So "ACTIVE" is when a browser that watches could have shown it.
 */
import { once } from "node:events";
import WebSocket from "ws";
import { z } from "zod";
import type { Client } from "./http.ts";

const resource = z.object({ kind: z.string(), id: z.string() });
const frame = z.object({
  result: z
    .object({
      type: z.string(),
      data: z
        .object({ json: z.object({ data: z.object({ resources: z.array(resource).optional() }) }) })
        .optional(),
    })
    .optional(),
});
const listed = z.object({ items: z.array(z.object({ id: z.string(), status: z.string() })) });

export type Watch = {
  /** When each id was first seen in that status, on the clock of `performance`. */
  until: (ids: readonly string[], status: string) => Promise<number[]>;
  close: () => void;
};

/** At most this many rows are asked for at once, as in the portal. */
const share = 50;
const patienceMs = 300_000;

type Wanted = { status: string; missing: Set<string>; seen: Map<string, number>; done: () => void };

export async function openWatch(
  url: string,
  cookie: string,
  projectId: string,
  client: Client,
): Promise<Watch> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws/trpc`, { headers: { cookie }, origin: url });
  await once(socket, "open");
  socket.on("error", () => {});
  const wanted = new Set<Wanted>();
  const named = new Set<string>();
  let looking = false;

  const look = async () => {
    if (looking) return;
    looking = true;
    while (named.size > 0) {
      const ids = [...named].slice(0, share);
      for (const id of ids) named.delete(id);
      const page = listed.parse(
        await client.get("instance.list", { projectId, filter: { ids }, limit: share }),
      );
      const now = performance.now();
      for (const one of wanted) note(one, page.items, now);
    }
    looking = false;
  };
  socket.on("message", (raw) => {
    if (String(raw) === "PING") return socket.send("PONG");
    const parsed = frame.safeParse(JSON.parse(String(raw)));
    const resources = parsed.data?.result?.data?.json.data.resources ?? [];
    for (const { kind, id } of resources) if (kind === "instance") named.add(id);
    look().catch(() => {
      // The next message names what changed since; who waits has a limit.
      looking = false;
    });
  });
  const started = once(socket, "message");
  const params = { path: "event.stream", input: { json: { projectId } } };
  socket.send(JSON.stringify({ id: 1, jsonrpc: "2.0", method: "subscription", params }));
  await started;

  return {
    until: (ids, status) =>
      new Promise((resolve, reject) => {
        const one: Wanted = { status, missing: new Set(ids), seen: new Map(), done: () => {} };
        const limit = setTimeout(
          () => reject(new Error(`${one.missing.size} never became ${status}`)),
          patienceMs,
        );
        one.done = () => {
          clearTimeout(limit);
          wanted.delete(one);
          resolve(ids.map((id) => one.seen.get(id) ?? Number.NaN));
        };
        wanted.add(one);
      }),
    close: () => socket.terminate(),
  };
}

function note(wanted: Wanted, items: readonly { id: string; status: string }[], now: number): void {
  for (const { id, status } of items) {
    if (status !== wanted.status || !wanted.missing.delete(id)) continue;
    wanted.seen.set(id, now);
  }
  if (wanted.missing.size === 0) wanted.done();
}
