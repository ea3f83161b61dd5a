/** Where volumes are kept, as hypervisors tell it, beside what was promised. */
import { type HypervisorState, hypervisorState } from "@madang/core/hypervisor/state";
import { type StoragePool, storagePool } from "@madang/core/wire/volume";
import type { Database } from "@madang/db";
import { z } from "zod";

export type StoragePoolItem = StoragePool & {
  hypervisorId: string;
  hypervisorName: string;
  state: HypervisorState;
  /** Of the volumes that live there. */
  volumes: number;
  promisedGib: number;
};

const stored = z.object({ pools: z.array(storagePool) }).catch({ pools: [] });

export async function listStoragePools({ prisma, now }: Database): Promise<StoragePoolItem[]> {
  const [hypervisors, sums] = await Promise.all([
    prisma.hypervisor.findMany({ where: { revokedAt: null }, orderBy: { name: "asc" } }),
    prisma.$queryRaw<{ hypervisorId: string; backend: string; volumes: number; gib: number }[]>`
      SELECT v.hypervisor_id::text AS "hypervisorId", t.backend, count(*)::int AS volumes, sum(v.size_gib)::float8 AS gib
      FROM volume v JOIN volume_type t ON t.id = v.volume_type_id WHERE v.hypervisor_id IS NOT NULL GROUP BY 1, 2`,
  ]);
  return hypervisors.flatMap((host) =>
    stored.parse(host.storage).pools.map((pool) => {
      const sum = sums.find((one) => one.hypervisorId === host.id && one.backend === pool.backend);
      const state = hypervisorState(host, now());
      const { id: hypervisorId, name: hypervisorName } = host;
      return {
        ...pool,
        hypervisorId,
        hypervisorName,
        state,
        volumes: sum?.volumes ?? 0,
        promisedGib: sum?.gib ?? 0,
      };
    }),
  );
}
