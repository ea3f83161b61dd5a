/**
 * An agent that only keeps volumes, as a process of its own that a test can kill: `FOLDER` holds `orders.json` and all else.
 * With `halts` it comes no further than the end of its first snapshot.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { volumeSpec } from "@madang/core/wire/volume";
import { createStorageDriver } from "@madang/drivers/storage";
import { pino } from "pino";
import { z } from "zod";
import { openHolders } from "../storage/holders.ts";
import { volumeLocks } from "../storage/locks.ts";
import { openVolumeMemory } from "../storage/memory.ts";
import { createVolumes } from "../storage/volumes.ts";

const [folder = "", halts] = process.argv.slice(2);
const orders = z.array(volumeSpec).parse(JSON.parse(await readFile(join(folder, "orders.json"), "utf8")));
const driver = { liveDisks: null, list: async () => [] };
const tell = () => process.stdout.write(`${JSON.stringify(volumes.reports())}\n`);
const storage = await createStorageDriver("file", { volumesDir: join(folder, "volumes") });
const volumes = createVolumes({
  storage: halts === undefined ? storage : { ...storage, snapshot: snapshotAndHalt },
  holders: openHolders(driver),
  locks: volumeLocks(),
  memory: await openVolumeMemory(folder),
  image: async () => join(folder, "image.raw"),
  onChange: tell,
  log: pino({ level: "silent" }),
});
volumes.apply({ volumes: orders });
tell();
async function snapshotAndHalt(volumeId: string, snapshotId: string): Promise<void> {
  await storage.snapshot(volumeId, snapshotId);
  await Promise.withResolvers<void>().promise;
}

/** Ends with whoever started it. */
process.stdin.on("end", () => process.exit(0)).resume();
