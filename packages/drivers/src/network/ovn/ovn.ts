/**
 * The central half of tenant networks on OVN: rows in the northbound database, written in one transaction a pass and
 * compared with what is there, whoever wrote it. What the hypervisors make of them is read, never waited for: one dead
 * chassis would hold up everybody (`hv_cfg`).
 */
import { asCloudError, CloudError } from "@madang/core/errors";
import type { EnsureResult, NetworkDriver } from "../driver.ts";
import type { RowChange } from "../ovsdb/cache.ts";
import { OvsdbClient } from "../ovsdb/client.ts";
import { OvsdbError } from "../ovsdb/error.ts";
import type { OvsdbTls } from "../ovsdb/remote.ts";
import { isTrue } from "../ovsdb/value.ts";
import { reachesOf } from "./bridge-mappings.ts";
import { type DesiredRow, tables } from "./desired-row.ts";
import { difference } from "./difference.ts";
import { globalOperations, globalTable } from "./global.ts";
import { heldRows } from "./held-rows.ts";
import { observationOf, southboundTables } from "./observation.ts";
import { desiredRows } from "./topology.ts";

export type OvnOptions = {
  /** `unix:PATH`, `tcp:HOST:PORT` or `ssl:HOST:PORT`; of a cluster all members, separated by commas. One OVN is one cloud's. */
  northbound: string;
  southbound: string;
  /** For `ssl:` */
  tls?: OvsdbTls;
};

/** A database that is away so long is away; who asked comes again. */
const patienceMs = 3_000;
/** How often somebody may write between our reading and our writing. */
const attempts = 5;

export function openOvn({ northbound, southbound, tls }: OvnOptions): NetworkDriver {
  const columns = Object.entries(tables).map(([table, facts]) => [table, facts.columns] as const);
  const nb = new OvsdbClient({
    remotes: northbound,
    tls,
    database: "OVN_Northbound",
    tables: { ...Object.fromEntries(columns), ...globalTable },
  });
  const sb = new OvsdbClient({
    remotes: southbound,
    tls,
    database: "OVN_Southbound",
    tables: southboundTables,
    leaderOnly: false,
  });
  let writing = 0;
  return {
    kind: "ovn",
    async ensure(topology, signal) {
      writing += 1;
      try {
        return await converge(nb, desiredRows(topology, reachesOf(sb.rows("Chassis"))), signal);
      } finally {
        writing -= 1;
      }
    },
    async observe() {
      await reach(nb);
      return observationOf((table) => nb.rows(table), sb);
    },
    watch(onChange) {
      const forget = [
        nb.onChange((changes) => {
          if (changes === null || writing === 0 || changes.some(wentUpOrDown)) onChange();
        }),
        sb.onChange((changes) => {
          if (changes === null || changes.some(movedGateway)) onChange();
        }),
      ];
      return () => {
        for (const end of forget) end();
      };
    },
    async close() {
      await Promise.all([nb.close(), sb.close()]);
    },
  };
}

async function converge(
  nb: OvsdbClient,
  desired: readonly DesiredRow[],
  signal: AbortSignal,
): Promise<EnsureResult> {
  let changed = 0;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    await reach(nb, signal);
    try {
      await nb.catchUp(signal);
      const { operations, changed: rows } = missing(nb, desired);
      if (operations.length === 0) return { changed };
      await nb.transact(operations, signal);
      changed += rows;
    } catch (error) {
      signal.throwIfAborted();
      if (attempt === attempts) throw refused(error);
    }
  }
  throw new CloudError("Unavailable", "The network is being changed by somebody else.", {
    reason: "networkUnreachable",
    retry: "later",
    detail: `still different after ${attempts} transactions`,
  });
}

function missing(nb: OvsdbClient, desired: readonly DesiredRow[]) {
  const rows = difference(
    desired,
    heldRows((table) => nb.rows(table)),
  );
  const global = globalOperations(nb.rows("NB_Global"));
  return { operations: [...rows.operations, ...global], changed: rows.changed + global.length };
}

/** Waits a while for the database. @throws CloudError Unavailable, or the signal's reason */
async function reach(client: OvsdbClient, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  if (client.synced) return;
  const patience = AbortSignal.timeout(patienceMs);
  const limit = signal ? AbortSignal.any([signal, patience]) : patience;
  await client.whenSynced(limit).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw unreachable(error);
  });
}

function unreachable(cause: unknown): CloudError {
  return new CloudError("Unavailable", "The network's control plane does not answer.", {
    reason: "networkUnreachable",
    retry: "later",
    detail: `OVN northbound: ${cause instanceof Error ? cause.message : String(cause)}`,
    cause,
  });
}

function refused(error: unknown): CloudError {
  if (!(error instanceof OvsdbError)) return asCloudError(error);
  if (error.code === "disconnected" || error.code === "not leader") return unreachable(error);
  return new CloudError("Internal", "The network's control plane refused a change.", {
    reason: "networkFailed",
    retry: "later",
    detail: `OVN northbound, operation ${error.operation}: ${error.message}`,
    cause: error,
  });
}

function wentUpOrDown({ table, before, after }: RowChange): boolean {
  return table === "Logical_Switch_Port" && isTrue(before ?? {}, "up") !== isTrue(after ?? {}, "up");
}

function movedGateway({ table, before, after }: RowChange): boolean {
  return table === "Chassis" || (before ?? after)?.type === "chassisredirect";
}
