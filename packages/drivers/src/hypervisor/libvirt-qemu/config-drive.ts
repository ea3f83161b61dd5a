/**
 * The config drive: an ISO 9660 volume labelled config-2 with OpenStack's files, which cloud-init and our tiny image
 * read. It says what the metadata service says; a guest that no network reaches has nothing else.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { networkData } from "@madang/core/metadata/network-data";
import { metaData, vendorData } from "@madang/core/metadata/openstack";
import { giveToRead, moveIntoPlace } from "../../disk/owned-file.ts";
import { diskError, runProgram } from "../../disk/run-program.ts";
import type { GuestOrder } from "../driver.ts";
import type { GuestFiles } from "./guest-files.ts";

/** Written anew at each start, so that it says what the spec says now. */
export async function writeConfigDrive(
  files: GuestFiles,
  order: GuestOrder,
  signal: AbortSignal,
): Promise<void> {
  // In the folder that only root enters, since user data may hold secrets; one name, so a crash leaves at most one.
  const work = join(files.consoleFolder, "config.new");
  try {
    await rm(work, { recursive: true, force: true });
    const latest = join(work, "openstack", "latest");
    await mkdir(latest, { recursive: true });
    await writeFile(join(latest, "meta_data.json"), JSON.stringify(metaData(order.spec)));
    await writeFile(join(latest, "vendor_data.json"), JSON.stringify(vendorData(order.spec)));
    if (order.spec.nics.length > 0)
      await writeFile(join(latest, "network_data.json"), JSON.stringify(networkData(order.spec.nics)));
    if (order.userData) await writeFile(join(latest, "user_data"), order.userData);
    const part = join(files.consoleFolder, "config.iso.new");
    const volume = ["-V", "config-2", "-r", "-J", "-input-charset", "utf-8"];
    await runProgram("/usr/bin/genisoimage", ["-quiet", "-o", part, ...volume, work], { signal });
    await giveToRead(part);
    await moveIntoPlace(part, files.configDrive);
  } catch (error) {
    signal.throwIfAborted();
    throw diskError(error, "writing the config drive");
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
