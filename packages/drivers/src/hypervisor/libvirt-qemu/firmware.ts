/**
 * UEFI for guests: EDK II as distributions pack it. Its code is shared and read only; its variables, where the guest keeps
 * what it boots, are the guest's own file.
 */
import { copyFile } from "node:fs/promises";
import { CloudError } from "@madang/core/errors";
import { exists, giveToWrite, moveIntoPlace, wholeOrGone } from "../../disk/owned-file.ts";
import { diskError } from "../../disk/run-program.ts";
import type { GuestFiles } from "./guest-files.ts";

export type Firmware = { code: string; variables: string };

/** Debian's and Ubuntu's ovmf, then Fedora's edk2-ovmf; without keys, for nobody could say which are trusted. */
const candidates: readonly Firmware[] = [
  { code: "/usr/share/OVMF/OVMF_CODE_4M.fd", variables: "/usr/share/OVMF/OVMF_VARS_4M.fd" },
  { code: "/usr/share/edk2/ovmf/OVMF_CODE.fd", variables: "/usr/share/edk2/ovmf/OVMF_VARS.fd" },
];

/** What is installed here; null: nothing. */
export async function findFirmware(): Promise<Firmware | null> {
  for (const one of candidates) if ((await exists(one.code)) && (await exists(one.variables))) return one;
  return null;
}

/** Throws Unavailable, to be tried elsewhere. */
export function requireFirmware(firmware: Firmware | null): Firmware {
  if (firmware) return firmware;
  throw new CloudError("Unavailable", "The image needs UEFI, and the hypervisor has no firmware for it.", {
    reason: "FirmwareMissing",
    detail: "install the package ovmf",
    retry: "elsewhere",
  });
}

/** Once: what the guest has written in it stays. One that was lost is made anew; firmware then boots by the disk's own default. */
export async function ensureVariables(files: GuestFiles, { variables }: Firmware): Promise<void> {
  if (await exists(files.variables)) return;
  const part = `${files.variables}.new`;
  try {
    await wholeOrGone(part, async () => {
      await copyFile(variables, part);
      await giveToWrite(part);
      await moveIntoPlace(part, files.variables);
    });
  } catch (error) {
    throw diskError(error, "preparing the firmware's variables");
  }
}
