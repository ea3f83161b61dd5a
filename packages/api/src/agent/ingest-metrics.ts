/** What a hypervisor says its guests use, as rows: of its own guests only, and by the server's clock. */
import { levels, longestUnsummedMs, slotOf } from "@madang/core/metrics/level";
import { type Seen, type Usage, usageBetween } from "@madang/core/metrics/usage";
import {
  type GuestSample,
  guestSample,
  type MetricsReport,
  oldestSampleMs,
  sampleEveryMs,
} from "@madang/core/wire/metrics";
import { type Tx, transaction } from "@madang/db";
import type { AgentDeps } from "./deps.ts";
import type { Peer } from "./peer.ts";

type MeterRow = {
  guestId: string;
  instanceId: string;
  vcpus: number;
  run: string | null;
  clockMs: number | null;
  at: Date | null;
  sample: unknown;
};
type Metered = { guestId: string; instanceId: string; vcpus: number; last: Seen | null };
type NewRow = Usage & { instanceId: string; at: Date };

/**
 * A report that was taken already, and looks older than are kept, say nothing. Without a controller for six hours nothing
 * more is taken, so that what it could not sum up yet does not grow for ever.
 */
export async function ingestMetrics(deps: AgentDeps, peer: Peer, report: MetricsReport): Promise<void> {
  const nowMs = deps.agents.now().getTime();
  const looks = report.looks
    .map(({ clockMs, guests }) => ({ clockMs, guests, ageMs: report.clockMs - clockMs }))
    .filter(({ ageMs }) => ageMs >= 0 && ageMs <= oldestSampleMs)
    .toSorted((left, right) => right.ageMs - left.ageMs);
  const ids = [...new Set(looks.flatMap(({ guests }) => guests.map(({ guestId }) => guestId)))];
  if (ids.length === 0) return;
  await transaction(deps.agents.prisma, async (tx) => {
    // What a crash of the server loses is a gap in a chart. One report of a hypervisor at a time, whichever process has it.
    await tx.$executeRaw`SELECT set_config('synchronous_commit', 'off', true),
      pg_advisory_xact_lock(hashtextextended(${`metrics:${peer.hypervisorId}`}, 0))`;
    const metered = await readMeters(tx, peer, ids, new Date(nowMs - longestUnsummedMs));
    const rows = looks.flatMap(({ clockMs, ageMs, guests }) =>
      guests.flatMap((sample) => {
        const meter = metered.get(sample.guestId);
        const seen = { sample, run: report.run, clockMs, atMs: nowMs - ageMs };
        return meter ? advance(meter, seen) : [];
      }),
    );
    await writeRows(tx, rows, [...metered.values()]);
  });
}

/** Those of the hypervisor's guests that are an instance's body now. */
async function readMeters(tx: Tx, peer: Peer, ids: string[], since: Date): Promise<Map<string, Metered>> {
  const rows = await tx.$queryRaw<MeterRow[]>`
    SELECT g.id AS "guestId", i.id AS "instanceId", i.vcpus, m.run, m.clock_ms AS "clockMs", m.at, m.sample
    FROM guest g JOIN instance i ON i.active_guest_id = g.id LEFT JOIN guest_meter m ON m.guest_id = g.id
    WHERE g.hypervisor_id = ${peer.hypervisorId}::uuid AND g.id = ANY(${ids}::uuid[])
      AND EXISTS (SELECT 1 FROM metric_level WHERE name = '2m' AND summed_until > ${since})`;
  return new Map(rows.map((row) => [row.guestId, { ...row, last: seenOf(row) }]));
}

function seenOf({ run, clockMs, at, sample }: MeterRow): Seen | null {
  const parsed = guestSample.safeParse(sample);
  if (run === null || clockMs === null || at === null || !parsed.success) return null;
  return { sample: parsed.data, run, clockMs, atMs: at.getTime() };
}

/** As much longer on the way than another report one may be, ms; an agent's clock that went on further lies. */
const slackMs = 15_000;

/**
 * A look that is not newer than the last one, or too soon after it, is not looked at. After one by a clock that went on
 * further than the server's it is counted anew from there, so that a server whose clock was set back does not wait for it.
 */
function advance(meter: Metered, seen: Seen): NewRow[] {
  const { last, instanceId, vcpus } = meter;
  const onServer = last ? seen.atMs - last.atMs : sampleEveryMs;
  const onAgent = last?.run === seen.run ? seen.clockMs - last.clockMs : onServer;
  if (onAgent <= 0) return [];
  const lies = onAgent > onServer + slackMs;
  if (!lies && Math.min(onAgent, onServer) < sampleEveryMs / 2) return [];
  meter.last = seen;
  const usage = last && !lies && usageBetween(last, seen, vcpus);
  return usage ? [{ ...usage, instanceId, at: new Date(seen.atMs) }] : [];
}

/** One statement for all rows, and one for where the counters stand. */
async function writeRows(tx: Tx, rows: readonly NewRow[], metered: readonly Metered[]): Promise<void> {
  const level = levels["1h"];
  const samples = JSON.stringify(rows.map((row) => columnsOf(row, slotOf(level, row.at))));
  await tx.$executeRaw`INSERT INTO metric_10s SELECT * FROM jsonb_populate_recordset(NULL::metric_10s, ${samples}::jsonb)
    ON CONFLICT DO NOTHING`;
  const meters = JSON.stringify(metered.flatMap(meterOf));
  await tx.$executeRaw`INSERT INTO guest_meter SELECT * FROM jsonb_populate_recordset(NULL::guest_meter, ${meters}::jsonb)
    ON CONFLICT (guest_id) DO UPDATE SET at = excluded.at, run = excluded.run, clock_ms = excluded.clock_ms, sample = excluded.sample`;
}

function columnsOf(row: NewRow, slot: number) {
  return {
    ...{ instance_id: row.instanceId, at: row.at, slot, seconds: row.seconds, cpu_ms: Math.round(row.cpuMs) },
    ...{ resident_mib: row.residentMib, used_mib: row.usedMib },
    ...{ read_bytes: row.readBytes, written_bytes: row.writtenBytes },
    ...{ in_bytes: row.inBytes, out_bytes: row.outBytes, devices: row.devices },
  };
}

function meterOf({ guestId, last }: Metered): object[] {
  if (!last) return [];
  const sample: GuestSample = last.sample;
  return [{ guest_id: guestId, at: new Date(last.atMs), run: last.run, clock_ms: last.clockMs, sample }];
}
