/** What a guest boots from. */
import { CloudError } from "@madang/core/errors";
import type { GuestOrder } from "./driver.ts";

export const hasBootVolume = ({ disks = [] }: Pick<GuestOrder, "disks">) => disks.some(({ boot }) => boot);

/** Without either nothing would come up inside, and nobody would learn why. Throws InvalidState `NothingToBoot`. */
export function requireBootable(order: GuestOrder): void {
  if (order.spec.image !== null || hasBootVolume(order)) return;
  throw new CloudError("InvalidState", "The guest has neither an image nor a volume to boot from.", {
    reason: "NothingToBoot",
    retry: "never",
  });
}
