/**
 * The central half of tenant networks on OVN: rows in the northbound database, written in one transaction a pass and
 * compared with what is there, whoever wrote it. What the hypervisors make of them is read, never waited for: one dead
 * chassis would hold up everybody (`hv_cfg`).
 */
import { inTurns } from "@madang/core/turns";
import type { NetworkDriver } from "../driver.ts";
import type { RowChange } from "../ovsdb/cache.ts";
import { OvsdbClient } from "../ovsdb/client.ts";
import type { OvsdbTls } from "../ovsdb/remote.ts";
import { isTrue } from "../ovsdb/value.ts";
import { reachesOf } from "./bridge-mappings.ts";
import { converge } from "./converge.ts";
import { tables } from "./desired-row.ts";
import { globalTable } from "./global.ts";
import { openGoneChassis } from "./gone-chassis.ts";
import { observationOf, southboundTables } from "./observation.ts";
import { openQuarantine } from "./quarantine.ts";
import { reach } from "./reach.ts";
import { desiredRows } from "./topology.ts";

export type OvnOptions = {
  /** `unix:PATH`, `tcp:HOST:PORT` or `ssl:HOST:PORT`; of a cluster all members, separated by commas. */
  northbound: string;
  southbound: string;
  /** For `ssl:` */
  tls?: OvsdbTls;
  /** Ours among all that use this OVN; the same for ever. */
  cloudId: string;
  /** Nobody else uses this OVN, so options that hold for all of it are ours to set. */
  ownCentral: boolean;
};

export function openOvn({ northbound, southbound, tls, cloudId, ownCentral }: OvnOptions): NetworkDriver {
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
  const quarantine = openQuarantine();
  const convergence = { nb, cloudId, ownCentral, quarantine };
  const removeGone = openGoneChassis(sb);
  let writing = 0;
  return {
    kind: "ovn",
    async ensure(topology, signal) {
      writing += 1;
      try {
        signal.throwIfAborted();
        const reaches = reachesOf(sb.rows("Chassis"));
        const desired = await inTurns(desiredRows(topology, reaches, cloudId));
        const done = await converge(convergence, desired, signal);
        await removeGone(topology.goneChassis ?? [], signal);
        return done;
      } finally {
        writing -= 1;
      }
    },
    async observe() {
      await reach(nb);
      return observationOf((table) => nb.rows(table), sb, cloudId);
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

function wentUpOrDown({ table, before, after }: RowChange): boolean {
  return table === "Logical_Switch_Port" && isTrue(before ?? {}, "up") !== isTrue(after ?? {}, "up");
}

function movedGateway({ table, before, after }: RowChange): boolean {
  return table === "Chassis" || (before ?? after)?.type === "chassisredirect";
}
