/**
 * An agent of real guests with volumes, as a process of its own that a test can kill: `FOLDER` holds `settings.json`,
 * `orders.json` (read again at SIGHUP) and all else. Each line that it writes says everything that it would report.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { snapshot } from "@madang/core/wire/agent";
import { createHypervisorDriver } from "@madang/drivers/hypervisor";
import { createStorageDriver } from "@madang/drivers/storage";
import PQueue from "p-queue";
import { pino } from "pino";
import { z } from "zod";
import { createFleet } from "../converge/fleet.ts";
import { openMemory } from "../converge/memory.ts";
import { noPorts } from "../converge/ports.ts";
import { openStorage } from "../storage/storage.ts";

const settings = z.object({
  libvirtDir: z.string(),
  instancesDir: z.string(),
  imagePath: z.string(),
  bootId: z.uuid(),
});

const [folder = ""] = process.argv.slice(2);
const read = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(folder, name), "utf8"));
const { libvirtDir, instancesDir, imagePath, bootId } = settings.parse(await read("settings.json"));
const log = pino({ level: "silent" });
const driver = await createHypervisorDriver("libvirt-qemu", {
  libvirtDir,
  instancesDir,
  virtType: "qemu",
  log,
});
const tell = () => {
  const said = { guests: fleet.reports(), volumes: storage.volumes?.reports() ?? [] };
  process.stdout.write(`${JSON.stringify(said)}\n`);
};
const storage = await openStorage({
  storage: await createStorageDriver("file", { volumesDir: join(folder, "volumes") }),
  image: async () => imagePath,
  onChange: tell,
  ...{ directory: folder, driver, log },
});
const fleet = createFleet({
  ...{ driver, log, bootId, ports: noPorts(true), disks: storage.disks, onSweep: storage.sweep },
  memory: await openMemory(folder),
  booting: new PQueue({ concurrency: 1 }),
  image: async () => imagePath,
  imagePath: () => imagePath,
  userData: async () => new Uint8Array(),
  onChange: tell,
  onOrphans: tell,
});
const apply = async () => {
  const orders = snapshot.parse(await read("orders.json"));
  storage.volumes?.apply(orders);
  fleet.apply(orders);
};
process.on("SIGHUP", () => void apply());
await apply();
tell();
/** Ends with whoever started it. */
process.stdin.on("end", () => process.exit(0)).resume();
