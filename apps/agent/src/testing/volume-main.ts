/** An agent that only keeps volumes, as a process of its own that a test can kill: `FOLDER` holds `orders.json` and all else. */
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

const folder = process.argv[2] ?? "";
const orders = z.array(volumeSpec).parse(JSON.parse(await readFile(join(folder, "orders.json"), "utf8")));
const driver = { liveDisks: null, list: async () => [] };
const tell = () => process.stdout.write(`${JSON.stringify(volumes.reports())}\n`);
const volumes = createVolumes({
  storage: await createStorageDriver("file", { volumesDir: join(folder, "volumes") }),
  holders: openHolders(driver),
  locks: volumeLocks(),
  memory: await openVolumeMemory(folder),
  image: async () => join(folder, "image.raw"),
  onChange: tell,
  log: pino({ level: "silent" }),
});
volumes.apply({ volumes: orders });
tell();
/** Ends with whoever started it. */
process.stdin.on("end", () => process.exit(0)).resume();
