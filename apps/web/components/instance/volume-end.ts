/** What becomes of a volume when the instance that has it is deleted. */
import type { VolumeRow } from "../../lib/rows.ts";

type Judged = Pick<VolumeRow, "attachment" | "deleteProtection" | "snapshotsKept" | "copies">;

/** `kept`: it was to go with it, but what can't be deleted by itself stays even then. */
export function endOf({
  attachment,
  deleteProtection,
  snapshotsKept,
  copies,
}: Judged): "goes" | "stays" | "kept" {
  if (!attachment?.deleteWithInstance) return "stays";
  return deleteProtection || snapshotsKept > 0 || copies > 0 ? "kept" : "goes";
}
