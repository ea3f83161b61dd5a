/** What an image's row and its file say, as `planImage` reads it. */

import { uploadExpiresMs } from "@madang/core/image/status";
import type { Database, Image } from "@madang/db";
import type { ImagePlanView } from "../reconcilers/image.plan.ts";
import { exportLoss } from "./export-source.ts";
import { type ImageFolder, idleMs } from "./folder.ts";

type ViewDeps = { database: Database; folder: ImageFolder };

export async function viewOf({ database, folder }: ViewDeps, image: Image): Promise<ImagePlanView> {
  const still = await idleMs(folder.incoming(image.id));
  const idle = still ?? database.now().getTime() - image.createdAt.getTime();
  return {
    deleteRequested: image.deleteRequestedAt !== null,
    origin: image.origin,
    failed: image.fault !== null,
    stored: image.sha256 !== null,
    uploadEnded: image.uploadEndedAt !== null,
    expired: idle > uploadExpiresMs,
    lost: await exportLoss(database, image),
  };
}
