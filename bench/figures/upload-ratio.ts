/** 512 MiB through the portal's resumable upload, over what a bare Node server takes that writes and hashes, in turn with it. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Figure, resultOf } from "../figure.ts";
import { deleteImage, untilActive } from "../load/images.ts";
import { openPeople } from "../load/people.ts";
import { announceImage, openBareServer, tusUpload, writeRandom } from "../load/upload.ts";

const times = 5;
const mib = 1024 ** 2;
const bytes = 512 * mib;

export const uploadRatio: Figure = {
  name: "upload.ratio",
  unit: "×",
  aim: { of: "p50", atMost: 2 },
  stand: "guests",
  measure: async ({ cloud, database }) => {
    const [person] = await openPeople({ cloud, database }, "upload", 1, 1);
    if (!person) throw new Error("nobody");
    const folder = join(cloud.data, "bench-files");
    const path = join(folder, "disk.raw");
    await writeRandom(path, bytes);
    const server = await openBareServer(cloud.data);
    const [samples, bare, ours]: [number[], number[], number[]] = [[], [], []];
    try {
      // Both have it in the page cache from here on.
      await server.put(path, bytes);
      for (let index = 0; index < times; index++) {
        const alone = await server.put(path, bytes);
        const id = await announceImage(person, bytes, "raw");
        const took = await tusUpload(cloud.url, person.cookie, id, path, bytes);
        // What it is made into afterwards must not meet the next round.
        await untilActive(database, id);
        await deleteImage(person, database, id);
        bare.push(alone);
        ours.push(took);
        samples.push(took / alone);
      }
    } finally {
      await server.close();
      person.client.close();
      await rm(folder, { recursive: true, force: true });
    }
    const rate = (of: number[]) => {
      const { p50 } = resultOf({ name: "upload", unit: "ms" }, { samples: of });
      return `${Math.round(bytes / mib / (p50 / 1_000))} MiB/s`;
    };
    return { samples, note: `512 MiB in pieces of 16 MiB: ${rate(ours)}; the bare server ${rate(bare)}` };
  },
};
