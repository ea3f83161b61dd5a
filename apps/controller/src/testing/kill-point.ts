/**
 * Loaded before a process's own code (`node --import`), by tests alone: it counts commits and driver calls, and at the
 * one it is told of it ends the process as SIGKILL does, or the process's connection as PostgreSQL's administrator does.
 * It waits for its orders, so that no point can pass before they are known.
 */
import { once } from "node:events";
import { registerHooks } from "node:module";
import { isMainThread } from "node:worker_threads";
import pg from "pg";
import { PgBoss } from "pg-boss";
import { z } from "zod";

export const killPoint = z.object({
  kind: z.enum(["commit", "driver"]),
  /** The first is 1. */
  at: z.int().min(1),
  /** And at every so many after it; null: only there. */
  every: z.int().min(1).nullable(),
  when: z.enum(["before", "after"]),
  /** `sever` takes the connection of a commit, `kill` the process. */
  how: z.enum(["kill", "sever"]),
  /** Only commits of transactions that speak of this id count. */
  watch: z.string(),
});
export type KillPoint = z.infer<typeof killPoint>;

export const manner = z.object({
  /** What becomes of notifications: heard, lost, or heard twice and in any order. */
  hints: z.enum(["heard", "lost", "shuffled"]).default("heard"),
  /** Every pass of the controller and every driver call of an agent is made twice. */
  twice: z.boolean().default(false),
});
export type Manner = z.input<typeof manner>;

const order = z.discriminatedUnion("order", [
  z.object({ order: z.literal("go"), manner }),
  z.object({ order: z.literal("arm"), point: killPoint.nullable() }),
]);

const latestHintMs = 400;

let armed: KillPoint | null = null;
let passed = 0;
let ways = manner.parse({});

process.on("message", (message) => {
  const told = order.parse(message);
  if (told.order === "go") ways = told.manner;
  else [armed, passed] = [told.point, 0];
  process.send?.({ heard: told.order });
});

/** Whether this is the one. */
function isPoint(kind: KillPoint["kind"]): KillPoint | null {
  if (armed?.kind !== kind) return null;
  passed++;
  const { at, every } = armed;
  const later = every !== null && passed > at && (passed - at) % every === 0;
  return passed === at || later ? armed : null;
}

function die(): Promise<never> {
  process.kill(process.pid, "SIGKILL");
  return new Promise<never>(() => {});
}

/** A driver call, as the wrapped simulators make it, or a long step of an import. */
async function driverCall<T>(call: () => Promise<T>): Promise<T> {
  const point = isPoint("driver");
  if (point?.when === "before") await die();
  const result = await call();
  if (point?.when === "after") await die();
  return ways.twice ? call() : result;
}
Object.assign(globalThis, { madangDriverCall: driverCall });

/** What whose import is replaced by what. */
const counterparts = [
  ["/hypervisor/fake.ts", "/hypervisor/registry.ts", "./counted-simulator.ts"],
  ["/network/fake.ts", "/network/registry.ts", "./counted-network.ts"],
  ["/storage/fake.ts", "/storage/registry.ts", "./counted-storage.ts"],
  ["/image/convert.ts", "/image/import.ts", "./counted-import.ts"],
  ["/image/reading.ts", "/image/import.ts", "./counted-import.ts"],
] as const;

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const one = counterparts.find(
      ([module, importer]) => found.url.endsWith(module) && context.parentURL?.endsWith(importer),
    );
    return one ? { ...found, url: new URL(one[2], import.meta.url).href } : found;
  },
});

const query: (...args: unknown[]) => unknown = pg.Client.prototype.query;
/** The clients whose open transaction spoke of the watched id. */
const speaking = new WeakSet<pg.Client>();

function counted(this: pg.Client, ...args: unknown[]): unknown {
  const text = textOf(args[0]);
  if (text === "BEGIN") speaking.delete(this);
  else if (armed && JSON.stringify(args.slice(0, 2)).includes(armed.watch)) speaking.add(this);
  const point = text === "COMMIT" && speaking.has(this) ? isPoint("commit") : null;
  if (!point) return query.apply(this, args);
  return point.how === "kill" ? killedCommit(this, args, point) : severedCommit(this, args, point);
}
Object.assign(pg.Client.prototype, { query: counted });

const queryText = z.union([z.string(), z.object({ text: z.string() }).transform(({ text }) => text)]);
const textOf = (config: unknown) => queryText.safeParse(config).data?.trim() ?? "";

async function killedCommit(client: pg.Client, args: unknown[], { when }: KillPoint): Promise<unknown> {
  if (when === "after") await query.apply(client, args);
  return die();
}

/** Before: PostgreSQL refuses the commit. After: it was made, and nobody hears of it. */
async function severedCommit(client: pg.Client, args: unknown[], { when }: KillPoint): Promise<unknown> {
  if (when === "after") await query.apply(client, args);
  await terminate(client);
  process.send?.({ heard: "severed" });
  if (when === "before") return query.apply(client, args);
  throw new Error("Connection terminated unexpectedly");
}

const connected = z.object({
  processID: z.number(),
  connectionParameters: z.object({
    host: z.string(),
    port: z.number(),
    user: z.string(),
    password: z.string(),
    database: z.string(),
  }),
});

async function terminate(client: pg.Client): Promise<void> {
  const { processID, connectionParameters } = connected.parse(client);
  const side = new pg.Client(connectionParameters);
  await side.connect();
  const gone = new Promise((resolve) => client.once("end", resolve));
  await query.call(side, "SELECT pg_terminate_backend($1)", [processID]);
  await gone;
  await side.end();
}

const { emit } = pg.Client.prototype;
function hintedEmit(this: pg.Client, event: string, ...args: unknown[]): boolean {
  const deliver = () => Reflect.apply(emit, this, [event, ...args]);
  if (event !== "notification" || ways.hints === "heard") return deliver();
  if (ways.hints === "shuffled")
    for (const again of [1, 2]) setTimeout(deliver, Math.random() * latestHintMs * again);
  return true;
}
Object.assign(pg.Client.prototype, { emit: hintedEmit });

type Handler = (jobs: unknown) => Promise<unknown>;
const handlerShape = z.custom<Handler>((value) => typeof value === "function");
const { work } = PgBoss.prototype;
function workTwice(this: PgBoss, ...args: unknown[]): unknown {
  const handler = handlerShape.parse(args.pop());
  const again = async (jobs: unknown) => {
    const result = await handler(jobs);
    return ways.twice ? handler(jobs) : result;
  };
  return Reflect.apply(work, this, [...args, again]);
}
Object.assign(PgBoss.prototype, { work: workTwice });

// Whoever started this and is gone can end it no more.
process.once("disconnect", () => process.exit(1));
// Its threads are loaded with this too; they end with the process.
if (isMainThread) await once(process, "message");
