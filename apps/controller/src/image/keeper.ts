/** All that a controller does for images, behind three functions: passes, a round, an end. */
import { asCloudError, type PublicError } from "@madang/core/errors";
import { uploadExpiresMs } from "@madang/core/image/status";
import { type Database, type HintTopic, type Image, type PgBoss, wakeSoon } from "@madang/db";
import type { Logger } from "pino";
import { failImport, reconcileImage } from "../reconcilers/image.ts";
import type { ReconcileResult } from "../reconcilers/instance.ts";
import type { DownloadRules } from "./download.ts";
import { openImageFolder } from "./folder.ts";
import { openImports } from "./imports.ts";
import { removeUnneeded } from "./need.ts";
import { storeFullReason } from "./space.ts";

export type ImageKeeperDeps = {
  database: Database;
  boss: PgBoss;
  directory: string;
  publish: (...topics: HintTopic[]) => void;
  log: Logger;
  atOnce: number;
  downloadRules?: DownloadRules;
};

export type ImageKeeper = {
  reconcile: (id: string) => Promise<ReconcileResult>;
  /** Wakes what is due, and removes what nobody knows any more. */
  look: () => Promise<void>;
  stop: () => Promise<void>;
};

/** What may pass is tried this often before the image is given up. */
const mostAttempts = 4;
/** Somebody makes room, or others' images go: about an hour and a half. */
const mostAttemptsWhenFull = 14;
const attemptSeconds = 5;
const mostAttemptSeconds = 600;
/** A file without a row is somebody's who is just about to write one, for so long, ms. */
const strayMs = 3_600_000;

export function openImageKeeper(deps: ImageKeeperDeps): ImageKeeper {
  const { database, boss, publish, log, atOnce } = deps;
  const folder = openImageFolder(deps.directory);
  const attempts = new Map<string, { tried: number; nextAt: number }>();
  const onEnd = async (id: string, error: unknown) => {
    const tried = (attempts.get(id)?.tried ?? 0) + 1;
    const cloud = error === null ? null : asCloudError(error);
    const seconds = cloud && retrySeconds(cloud.toPublic(), tried);
    if (seconds !== null) {
      attempts.set(id, { tried, nextAt: performance.now() + seconds * 1_000 });
      return await wakeSoon(boss, "image", id, seconds);
    }
    attempts.delete(id);
    if (cloud) await failImport({ database, folder, publish }, id, cloud);
  };
  const rules = deps.downloadRules ? { downloadRules: deps.downloadRules } : {};
  const opened = openImports({ database, folder, publish, log, atOnce, onEnd, ...rules });
  // Whatever else wakes it, what failed just now is not tried again before its time.
  const start = (image: Image) => {
    if ((attempts.get(image.id)?.nextAt ?? 0) <= performance.now()) opened.start(image);
  };
  const imports = { ...opened, start };
  return {
    reconcile: (id) => reconcileImage({ database, folder, imports, publish }, id),
    look: async () => {
      for (const id of await dueImages(database)) await wakeSoon(boss, "image", id);
      await endOrphaned(database);
      await sweep(database, folder);
    },
    stop: imports.stop,
  };
}

/** null: it is given up. `tried`: how often it was, by now. */
export function retrySeconds({ retry, reason }: PublicError, tried: number): number | null {
  const most = reason === storeFullReason ? mostAttemptsWhenFull : mostAttempts;
  if (retry !== "later" || tried >= most) return null;
  return Math.min(mostAttemptSeconds, attemptSeconds * 2 ** tried);
}

/** Also uploads that have not ended: they may stand still; and what a hypervisor brings: what it is made of may go. */
async function dueImages({ pool }: Database): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id::text FROM image WHERE delete_requested_at IS NOT NULL
       OR (fault IS NULL AND sha256 IS NULL AND origin <> 'operator' AND (upload_ended_at IS NOT NULL OR origin = 'url'
         OR source_hypervisor_id IS NOT NULL OR created_at < now() - make_interval(secs => $1)))
     LIMIT 500`,
    [uploadExpiresMs / 1_000],
  );
  return rows.map(({ id }) => id);
}

/** Open operations whose image went with its project. */
async function endOrphaned({ prisma, now }: Database): Promise<void> {
  await prisma.$executeRaw`UPDATE operation
    SET state = (CASE WHEN kind = 'image.delete' THEN 'succeeded' ELSE 'cancelled' END)::operation_state, finished_at = ${now()}
    WHERE state IN ('pending', 'running') AND resource_kind = 'image'
      AND NOT EXISTS (SELECT 1 FROM image WHERE image.id = operation.resource_id)`;
}

async function sweep({ pool, prisma }: Database, folder: ReturnType<typeof openImageFolder>): Promise<void> {
  const left = await folder.unfinished();
  const { rows } = await pool.query<{ id: string }>(
    "SELECT id::text FROM image WHERE id::text = ANY($1) AND fault IS NULL AND sha256 IS NULL",
    [left],
  );
  const wanted = new Set(rows.map(({ id }) => id));
  for (const id of left) if (!wanted.has(id)) await folder.clear(id);
  for (const sha256 of await folder.files(strayMs)) await removeUnneeded(prisma, folder, sha256);
}
