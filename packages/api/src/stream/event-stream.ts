/** One browser's subscription: what it missed since `lastEventId`, then what comes, until it goes or may no longer look. */
import type { Permission } from "@madang/core/identity/permission";
import { isCursorKept, readEventsAfter, type StoredEvent } from "@madang/db";
import { type TrackedEnvelope, tracked } from "@trpc/server";
import type { ApiDeps } from "../deps.ts";
import { type Identity, requireSession } from "../identity.ts";
import { type EventItem, eventItem, type ResourceRef } from "../reads/event.ts";
import type { EndReason } from "./access-watch.ts";
import { isAfter } from "./cursor.ts";

export type StreamMessage =
  | { type: "events"; events: EventItem[]; resources: ResourceRef[] }
  | { type: "resync" }
  /** The trail can't be read now, so silence means nothing; or it can again. */
  | { type: "stalled"; stalled: boolean }
  | { type: "ended"; reason: EndReason };

/** More than this waiting for one slow browser, and it is told to read everything anew. */
const longestWait = 1_000;

export type StreamOf = {
  identity: Identity;
  permission: Permission;
  /** null: the whole cloud */
  projectId: string | null;
  lastEventId: string | null;
  /** Only what is told of this kind of resource. */
  resourceKind?: string;
};

type Messages = AsyncGenerator<TrackedEnvelope<StreamMessage>, void>;

type Buffer = {
  events: StoredEvent[];
  touched: Map<string, ResourceRef>;
  overflown: boolean;
  ended: EndReason | null;
  /** Not told yet. */
  stalled: boolean | null;
  cursor: string;
  wake: () => void;
};

export async function* streamEvents(deps: ApiDeps, of: StreamOf, signal: AbortSignal): Messages {
  const buffer: Buffer = {
    events: [],
    touched: new Map(),
    overflown: false,
    ended: null,
    stalled: null,
    cursor: "0:0",
    wake: () => {},
  };
  const identity = { ...of.identity, sessionId: requireSession(of.identity) };
  const unwatch = deps.access.add({ ...of, identity, onEnd: (reason) => end(buffer, reason) });
  const subscription = await deps.events.subscribe(fill(buffer, of)).catch((error: unknown) => {
    unwatch();
    throw error;
  });
  const onAbort = () => buffer.wake();
  signal.addEventListener("abort", onAbort);
  deps.meter.open("stream", 1);
  if (isAfter(subscription.cursor, buffer.cursor)) buffer.cursor = subscription.cursor;
  try {
    for await (const message of catchUp(deps, of, subscription.cursor)) {
      count(deps, message[1]);
      yield message;
    }
    while (!signal.aborted) {
      const message = take(buffer);
      if (message) {
        count(deps, message);
        yield tracked(buffer.cursor, message);
      }
      if (message?.type === "ended") return;
      if (!message) await new Promise<void>((resolve) => awaken(buffer, signal, resolve));
    }
  } finally {
    deps.meter.open("stream", -1);
    subscription.off();
    unwatch();
    signal.removeEventListener("abort", onAbort);
  }
}

function count({ meter }: ApiDeps, message: StreamMessage): void {
  meter.streamed(message.type, message.type === "events" ? message.events.length : 0);
}

function awaken(buffer: Buffer, signal: AbortSignal, resolve: () => void): void {
  buffer.wake = resolve;
  if (signal.aborted || hasSomething(buffer)) resolve();
}

function hasSomething(buffer: Buffer): boolean {
  const { events, touched, overflown, ended, stalled } = buffer;
  return events.length > 0 || touched.size > 0 || overflown || ended !== null || stalled !== null;
}

function end(buffer: Buffer, reason: EndReason): void {
  buffer.ended = reason;
  buffer.wake();
}

const isMine = ({ projectId, resourceKind }: StreamOf, event: StoredEvent) =>
  (projectId === null || event.projectId === projectId) &&
  (resourceKind === undefined || event.resourceKind === resourceKind);

/** Of no project, and yet something in a project is as they say: the usual quota, and a person's key pairs. */
const kindsOfAll = ["quota", "key_pair"];

/** A project's stream names what it is about, and tells no more: the event itself is the administrators' or another's. */
function concerns({ projectId, resourceKind, identity }: StreamOf, event: StoredEvent): boolean {
  if (projectId === null || event.projectId !== null || !kindsOfAll.includes(event.resourceKind))
    return false;
  if (resourceKind !== undefined && resourceKind !== event.resourceKind) return false;
  return event.resourceKind === "quota" || event.actorId === identity.userId;
}

const refsOf = (of: StreamOf, events: readonly StoredEvent[]): ResourceRef[] =>
  events
    .filter((event) => concerns(of, event))
    .map((event) => ({ kind: event.resourceKind, id: event.resourceId }));

function fill(buffer: Buffer, of: StreamOf) {
  const overflow = () => {
    buffer.events = [];
    buffer.touched.clear();
    buffer.overflown = true;
  };
  return {
    onEvents: (events: StoredEvent[], cursor: string) => {
      const mine = events.filter((event) => isMine(of, event));
      const refs = refsOf(of, events);
      buffer.cursor = cursor;
      if (mine.length + refs.length === 0) return;
      for (const ref of refs) if (!buffer.overflown) buffer.touched.set(`${ref.kind}:${ref.id}`, ref);
      if (buffer.events.length + mine.length > longestWait) overflow();
      else buffer.events.push(...mine);
      buffer.wake();
    },
    onTouched: ({ projectId, kind, id }: { projectId: string; kind: string; id: string }) => {
      if ((of.projectId !== null && of.projectId !== projectId) || buffer.overflown) return;
      if (of.resourceKind !== undefined && of.resourceKind !== kind) return;
      buffer.touched.set(`${kind}:${id}`, { kind, id });
      if (buffer.touched.size > longestWait) overflow();
      buffer.wake();
    },
    onStalled: (stalled: boolean) => {
      buffer.stalled = stalled;
      buffer.wake();
    },
  };
}

/** Access first: what is still in the buffer of somebody who lost his role is not handed out. */
function take(buffer: Buffer): StreamMessage | null {
  if (buffer.ended) return { type: "ended", reason: buffer.ended };
  if (!hasSomething(buffer)) return null;
  const { events, touched, overflown, stalled } = buffer;
  // Events first: every message carries the cursor behind them, so whoever resumed from another one would miss them.
  if (stalled !== null && events.length === 0 && touched.size === 0 && !overflown) {
    buffer.stalled = null;
    return { type: "stalled", stalled };
  }
  buffer.events = [];
  buffer.touched = new Map();
  buffer.overflown = false;
  return overflown ? { type: "resync" } : messageOf(events, [...touched.values()]);
}

function messageOf(events: StoredEvent[], touched: ResourceRef[]): StreamMessage {
  const named = events.map((event) => ({ kind: event.resourceKind, id: event.resourceId }));
  const resources = new Map([...named, ...touched].map((ref) => [`${ref.kind}:${ref.id}`, ref]));
  return { type: "events", events: events.map(eventItem), resources: [...resources.values()] };
}

/** Everything between the reader's last visit and now; the first message always comes at once and carries a cursor. */
async function* catchUp(deps: ApiDeps, of: StreamOf, until: string): Messages {
  const pool = deps.reads.pool;
  const start = of.lastEventId;
  if (start === null) return yield tracked(until, messageOf([], []));
  if (!(await isCursorKept(pool, start))) return yield tracked(until, { type: "resync" });
  let cursor = start;
  for (let read = 0; isAfter(until, cursor); read += 500) {
    if (read >= longestWait) return yield tracked(until, { type: "resync" });
    const events = await readEventsAfter(pool, cursor, 500, of.projectId, kindsOfAll);
    const missed = events.filter((event) => !isAfter(event.cursor, until));
    const last = missed.at(-1);
    const mine = missed.filter((event) => isMine(of, event));
    if (last) yield tracked(last.cursor, messageOf(mine, refsOf(of, missed)));
    if (!last || events.length < 500) break;
    cursor = last.cursor;
  }
  return yield tracked(until, messageOf([], []));
}
