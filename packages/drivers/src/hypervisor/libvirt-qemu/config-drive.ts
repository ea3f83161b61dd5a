/**
 * The config drive: an ISO 9660 volume labelled config-2 with OpenStack's files, which cloud-init and our tiny image
 * read. The password hash goes as vendor data in cloud-init's own words.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GuestOrder } from "../driver.ts";
import { type GuestFiles, giveToRead, moveIntoPlace } from "./guest-files.ts";
import { diskError, runProgram } from "./run-program.ts";

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
    await writeFile(join(latest, "vendor_data.json"), JSON.stringify(vendorData(order.spec.passwordHash)));
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

export function metaData(spec: GuestOrder["spec"]): Record<string, unknown> {
  return {
    uuid: spec.instanceId,
    name: spec.hostname,
    hostname: spec.hostname,
    project_id: spec.projectId,
    availability_zone: spec.availabilityZone,
    launch_index: spec.launchIndex,
    public_keys: Object.fromEntries(spec.keys.map((key) => [key.name, key.publicKey])),
    keys: spec.keys.map((key) => ({ name: key.name, type: "ssh", data: key.publicKey })),
  };
}

/**
 * `password` is cloud-init's word for the default user's, whatever the image calls that user, and it takes a crypt(3)
 * hash. JSON is YAML, so nothing needs quoting.
 */
export function vendorData(passwordHash: string | null): Record<string, unknown> {
  if (!passwordHash) return {};
  const config = { password: passwordHash, chpasswd: { expire: false }, ssh_pwauth: true };
  return { "cloud-init": `#cloud-config\n${JSON.stringify(config)}\n` };
}
