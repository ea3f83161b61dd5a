/**
 * Hints may be lost, so what waits in a long poll is looked at anyway: for all agents of a process in one query, which
 * tells a fingerprint of the rows that each one's snapshot and its right to see it are made of. A fingerprint that
 * differs is a hint, no more; one that differs for nothing costs its agent one look of its own.
 */
import type { Database } from "@madang/db";
import type { Log } from "../deps.ts";
import type { HintBus } from "../hint-bus.ts";
import type { Peer } from "./peer.ts";

export type SnapshotLooks = {
  /** Hints `hypervisor:<id>` when the rows changed since they were last looked at; answers the function that ends it. */
  watch: (peer: Peer) => () => void;
  close: () => void;
};

const everyMs = 2_000;

/** Of the network `n`, and of its own and its metadata port's addresses. */
const interfaceMarks = `n.xmin,
    (SELECT string_agg(s.xmin::text, '.' ORDER BY s.id) FROM subnet s WHERE s.network_id = n.id),
    (SELECT string_agg(concat_ws('.', a.address, a.xmin), '.' ORDER BY a.address) FROM ip_allocation a WHERE a.port_id = p.id),
    (SELECT string_agg(concat_ws('.', a.address, a.xmin), '.' ORDER BY a.address) FROM port m
       JOIN ip_allocation a ON a.port_id = m.id WHERE m.network_id = n.id AND m.owner = 'metadata')`;

/** `xmin` is the transaction that wrote a row last: no change escapes it. */
const query = {
  name: "madang_looks",
  text: `SELECT h.id, concat_ws('/', h.availability_zone, h.revoked_at, h.fence_requested_at, h.fenced_at, h.fenced_boot_id,
    (SELECT string_agg(concat_ws('.', g.id, g.xmin, i.xmin), ',' ORDER BY g.id)
       FROM guest g JOIN instance i ON i.id = g.instance_id WHERE g.hypervisor_id = h.id),
    (SELECT string_agg(concat_ws('.', p.id, p.xmin, ${interfaceMarks}), ',' ORDER BY p.id)
       FROM guest g JOIN port p ON p.instance_id = g.instance_id JOIN network n ON n.id = p.network_id
       WHERE g.hypervisor_id = h.id),
    (SELECT string_agg(concat_ws('.', v.id, v.xmin, t.xmin,
        (SELECT string_agg(s.xmin::text, '.' ORDER BY s.id) FROM volume_snapshot s WHERE s.volume_id = v.id),
        (SELECT a.xmin FROM volume_attachment a WHERE a.volume_id = v.id)), ',' ORDER BY v.id)
       FROM volume v JOIN volume_type t ON t.id = v.volume_type_id WHERE v.hypervisor_id = h.id),
    (SELECT string_agg(concat_ws('.', c.id, c.xmin), ',' ORDER BY c.id)
       FROM console_session c JOIN guest g ON g.id = c.guest_id WHERE g.hypervisor_id = h.id AND c.closed_at IS NULL),
    (SELECT string_agg(o.xmin::text, ',' ORDER BY o.id) FROM orphan_order o WHERE o.hypervisor_id = h.id AND o.done_at IS NULL),
    (SELECT string_agg(concat_ws('.', o.volume_id, o.remove_requested_at), ',' ORDER BY o.volume_id)
       FROM orphan_volume o WHERE o.hypervisor_id = h.id AND o.remove_requested_at IS NOT NULL),
    (SELECT string_agg(e.id::text, ',' ORDER BY e.id) FROM image e WHERE e.source_hypervisor_id = h.id
       AND e.upload_ended_at IS NULL AND e.fault IS NULL AND e.delete_requested_at IS NULL),
    (SELECT string_agg(concat_ws('.', r.id, r.revoked_at, r.not_after > now()), ',' ORDER BY r.id)
       FROM certificate r WHERE r.kind = 'hypervisor' AND r.subject_id = h.id)) AS fingerprint
  FROM hypervisor h WHERE h.id = ANY($1::uuid[])`,
};

export function openLooks({ pool }: Database, bus: HintBus, log: Log): SnapshotLooks {
  const waiting = new Map<string, number>();
  let known = new Map<string, string>();
  let closed = false;
  let timer: NodeJS.Timeout;

  const look = async () => {
    if (waiting.size === 0) return;
    const { rows } = await pool.query<{ id: string; fingerprint: string }>(query, [[...waiting.keys()]]);
    const before = known;
    known = new Map([...before, ...rows.map(({ id, fingerprint }) => [id, fingerprint] as const)]);
    for (const { id, fingerprint } of rows) if (before.get(id) !== fingerprint) bus.emit(`hypervisor:${id}`);
    // A row that is gone has nobody to wait for it.
    const found = new Set(rows.map(({ id }) => id));
    for (const id of waiting.keys()) if (!found.has(id)) bus.emit(`hypervisor:${id}`);
  };
  const tick = () =>
    look()
      .catch((error: unknown) => log.debug({ err: error }, "agents were not looked at"))
      .finally(() => {
        if (!closed) timer = setTimeout(tick, everyMs);
      });
  timer = setTimeout(tick, everyMs);

  return {
    watch: ({ hypervisorId }) => {
      waiting.set(hypervisorId, (waiting.get(hypervisorId) ?? 0) + 1);
      return () => {
        const left = (waiting.get(hypervisorId) ?? 1) - 1;
        if (left > 0) waiting.set(hypervisorId, left);
        else waiting.delete(hypervisorId);
      };
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}
