/**
 * A database of one OVSDB server, or of a cluster of them, for as long as somebody wants it: it holds the rows that were
 * asked for, connects again when it must (the next remote at once, a whole round in vain after a growing pause), resumes
 * where it was if the server still knows, and keeps to the cluster's leader.
 * A transaction is never sent twice by itself: who gets `disconnected` can't know whether it happened.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { applyUpdates, type DatabaseRows, type RowChange, type TableRows } from "./cache.ts";
import { type Bounds, defaultBounds, OvsdbConnection } from "./connection.ts";
import { OvsdbError } from "./error.ts";
import { serverDatabase, standingOf } from "./leader.ts";
import type { Operation, OperationResult } from "./operation.ts";
import { dial, type OvsdbTls, parseRemotes, type Remote } from "./remote.ts";
import { type DatabaseSchema, parseSchema, record, type TableSchema } from "./schema.ts";
import { resultsOf } from "./transaction.ts";
import type { Row } from "./value.ts";

export type OvsdbOptions = {
  /** `unix:PATH`, `tcp:HOST:PORT` or `ssl:HOST:PORT`, several separated by commas */
  remotes: string;
  database: string;
  /** The tables to hold in the cache, with their columns; ones that this server's schema lacks are left out. */
  tables: Readonly<Record<string, readonly string[]>>;
  tls?: OvsdbTls;
  /** Of a cluster, use the leader only (default); else any member that is in touch with it. */
  leaderOnly?: boolean;
  bounds?: Partial<Bounds>;
  /** ms; the pause after a first round in vain, and the longest one */
  pause?: { first: number; longest: number };
};

/** null: the connection was lost, or is there again; whatever was held may differ now. */
type Listener = (changes: readonly RowChange[] | null) => void;

const noTransaction = "00000000-0000-0000-0000-000000000000";
const dialMs = 5_000;
/** A large database takes its time to be told. */
const startMs = 60_000;
/** A connection that ends sooner than this counts as one more failure, or it would be tried again without pause. */
const steadyMs = 1_000;
const noRows: TableRows = new Map();

export class OvsdbClient {
  readonly #options: OvsdbOptions;
  readonly #bounds: Bounds;
  readonly #listeners = new Set<Listener>();
  readonly #end = new AbortController();
  readonly #running: Promise<void>;
  #rows: DatabaseRows = new Map();
  #schema: DatabaseSchema = new Map();
  #lastTransaction = noTransaction;
  #connection: OvsdbConnection | null = null;
  #synced = false;
  #lastError = new OvsdbError("disconnected", "never connected yet");

  /** @throws OvsdbError `protocol` when the remotes are none */
  constructor(options: OvsdbOptions) {
    this.#options = options;
    this.#bounds = { ...defaultBounds, ...options.bounds };
    const remotes = parseRemotes(options.remotes);
    if (remotes.length === 0) throw new OvsdbError("protocol", "no remote");
    this.#running = this.#run(remotes);
  }

  /** Connected, and the cache holds what the server has. */
  get synced(): boolean {
    return this.#synced;
  }

  /** What the server has of each column of the tables that are held. */
  get schema(): DatabaseSchema {
    return this.#schema;
  }

  /** The rows held of a table, by UUID; after a lost connection the last ones known. */
  rows(table: string): ReadonlyMap<string, Row> {
    return this.#rows.get(table) ?? noRows;
  }

  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws OvsdbError with why it does not connect, when `signal` aborts first */
  async whenSynced(signal: AbortSignal): Promise<void> {
    await this.until(() => this.#synced, signal);
  }

  /** Asks again after each change. @throws OvsdbError if the connection is away when `signal` aborts, else its reason */
  until(condition: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error: unknown) => {
        forget();
        signal.removeEventListener("abort", onAbort);
        this.#end.signal.removeEventListener("abort", onEnd);
        if (error === null) resolve();
        else reject(error);
      };
      const look = () => condition() && settle(null);
      const onAbort = () => settle(this.#synced ? signal.reason : this.#lastError);
      const onEnd = () => settle(new OvsdbError("disconnected", "closed by us"));
      const forget = this.onChange(look);
      signal.addEventListener("abort", onAbort);
      this.#end.signal.addEventListener("abort", onEnd);
      if (this.#end.signal.aborted) onEnd();
      else if (signal.aborted) onAbort();
      else look();
    });
  }

  /**
   * All operations, or none. When it returns, the cache has the changes.
   * @throws OvsdbError `disconnected` when it was or may have been lost, else the server's reason
   */
  transact(operations: readonly Operation[], signal?: AbortSignal): Promise<OperationResult[]> {
    const connection = this.#connection;
    if (!connection || !this.#synced) return Promise.reject(this.#lastError);
    const parameters = [this.#options.database, ...operations];
    return connection.call("transact", parameters, (answer) => answer, signal).then(resultsOf);
  }

  /** Waits until the cache has all that was committed before, by whomever: a server tells changes before it answers. */
  async catchUp(signal?: AbortSignal): Promise<void> {
    await this.transact([], signal);
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#connection?.close();
    await this.#running;
  }

  async #run(remotes: readonly Remote[]): Promise<void> {
    let failures = 0;
    for (let turn = 0; !this.#end.signal.aborted; turn += 1) {
      const remote = remotes[turn % remotes.length];
      if (!remote) return;
      const began = performance.now();
      const held = await this.#session(remote);
      failures = held && performance.now() - began > steadyMs ? 0 : failures + 1;
      // One that worked and is gone is tried again before the others, unless it says itself that they are better.
      if (held && this.#lastError.code !== "not leader") turn -= 1;
      await this.#pause(failures, remotes.length);
    }
  }

  async #pause(failures: number, remotes: number): Promise<void> {
    const { first, longest } = this.#options.pause ?? { first: 100, longest: 1_000 };
    const rounds = Math.floor(failures / remotes);
    const base =
      failures % remotes === 0 && rounds > 0 ? Math.min(first * 2 ** (rounds - 1), longest) : first / 10;
    const ms = base * (0.75 + Math.random() / 2);
    await sleep(ms, undefined, { signal: this.#end.signal, ref: false }).catch(() => {});
  }

  /** Lasts as long as the connection does; says whether it got so far as to be synced. */
  async #session(remote: Remote): Promise<boolean> {
    try {
      const socket = await dial(remote, this.#options.tls, this.#within(dialMs));
      const connection = new OvsdbConnection(socket, this.#bounds, (method, params) =>
        this.#notified(connection, method, params),
      );
      this.#connection = connection;
      await this.#start(connection, this.#within(startMs)).catch((error: unknown) =>
        connection.close(asOvsdbError(error)),
      );
      this.#lastError = await connection.closed;
    } catch (error) {
      this.#lastError = asOvsdbError(error);
    }
    const held = this.#synced;
    this.#synced = false;
    this.#connection = null;
    if (held) this.#tell(null);
    return held;
  }

  #within(ms: number): AbortSignal {
    return AbortSignal.any([this.#end.signal, AbortSignal.timeout(ms)]);
  }

  async #start(connection: OvsdbConnection, signal: AbortSignal): Promise<void> {
    const { database } = this.#options;
    await connection
      .call(
        "monitor_cond",
        ["_Server", "server", serverDatabase(database)],
        (rows) => this.#judge(rows),
        signal,
      )
      .catch(ignoreMissing);
    const schema = await connection.call("get_schema", [database], parseSchema, signal);
    const tables = this.#wanted(schema);
    const asked = ["monitor_cond_since", [database, "rows", tables, this.#lastTransaction]] as const;
    await connection.call(...asked, (answer) => this.#begin(schema, tables, answer), signal);
  }

  #wanted(schema: DatabaseSchema): Record<string, [{ columns: string[] }]> {
    const tables = Object.entries(this.#options.tables).filter(([table]) => schema.has(table));
    return Object.fromEntries(
      tables.map(([table, columns]) => [
        table,
        [{ columns: columns.filter((column) => schema.get(table)?.has(column)) }],
      ]),
    );
  }

  /** The server found where we were and tells what came since, or it tells everything. */
  #begin(schema: DatabaseSchema, tables: Readonly<Record<string, unknown>>, answer: unknown): void {
    if (!Array.isArray(answer)) throw new OvsdbError("protocol", "a monitor without an answer");
    const [found, transaction, updates] = answer;
    const wanted = Object.entries(this.#options.tables).filter(([table]) => Object.hasOwn(tables, table));
    this.#schema = new Map(wanted.map(([table, columns]) => [table, pick(schema, table, columns)]));
    if (found !== true) this.#rows = new Map(Object.keys(tables).map((table) => [table, new Map()]));
    this.#apply(transaction, updates);
    this.#synced = true;
    this.#tell(null);
  }

  /** A half-applied update leaves rows that nobody can trust: then everything is asked for anew. */
  #apply(transaction: unknown, updates: unknown): RowChange[] {
    this.#lastTransaction = noTransaction;
    const changes = applyUpdates(this.#rows, this.#schema, updates);
    if (typeof transaction === "string") this.#lastTransaction = transaction;
    return changes;
  }

  #notified(connection: OvsdbConnection, method: string, params: readonly unknown[]): void {
    const [monitor, second, third] = params;
    if (method === "update3" && monitor === "rows") this.#tell(this.#apply(second, third));
    if (method === "update2" && monitor === "server") this.#judge(second);
    // The server ends a monitor when the database's schema changes: all is asked for anew.
    if (method === "monitor_canceled")
      void connection.close(new OvsdbError("disconnected", "the schema changed"));
  }

  /** @throws OvsdbError, and so ends the connection, when this member of the cluster is not the one to use */
  #judge(updates: unknown): void {
    const standing = standingOf(record(updates));
    if (!standing) return;
    const leaderOnly = this.#options.leaderOnly ?? true;
    if (standing.connected === false) throw new OvsdbError("not leader", "this member lost its cluster");
    if (leaderOnly && standing.leader === false) throw new OvsdbError("not leader", "another member leads");
  }

  #tell(changes: readonly RowChange[] | null): void {
    for (const listener of [...this.#listeners]) listener(changes);
  }
}

function pick(schema: DatabaseSchema, table: string, columns: readonly string[]): TableSchema {
  return new Map([...(schema.get(table) ?? [])].filter(([column]) => columns.includes(column)));
}

/** Servers before 2.9 have no `_Server`; they have no clusters either. */
function ignoreMissing(error: unknown): void {
  if (!(error instanceof OvsdbError) || !error.message.includes("unknown database")) throw error;
}

function asOvsdbError(error: unknown): OvsdbError {
  if (error instanceof OvsdbError) return error;
  return new OvsdbError("disconnected", error instanceof Error ? error.message : String(error), -1, error);
}
