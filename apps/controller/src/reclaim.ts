/** Instances that were deleted softly and not restored in time are deleted for good. */
import { type Database, type PgBoss, transaction } from "@madang/db";
import { askDeletions } from "./reconcilers/instance.deletions.ts";

export type ReclaimDeps = { database: Database; boss: PgBoss; now: () => Date };

/** A share in each transaction, to the end. Answers how many there were. Done twice it is the same. */
export async function reclaim({ database, boss, now }: ReclaimDeps): Promise<number> {
  for (let total = 0; ; ) {
    const count = await transaction(database.prisma, (tx) =>
      askDeletions(tx, boss, { reclaimAt: { lte: now() } }, { parent: null, now: now() }),
    );
    if (count === 0) return total;
    total += count;
  }
}
