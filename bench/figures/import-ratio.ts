/**
 * From the end of an upload until it is an image (taken over, inspected, hashed, converted, hashed again), over a plain
 * conversion of the same file, in turn with it: of a compressed qcow2, as images are published, and of a raw disk, which costs
 * a conversion the least and hashing as much.
 */
import { execFile } from "node:child_process";
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Figure, resultOf } from "../figure.ts";
import { deleteImage, untilActive } from "../load/images.ts";
import { openPeople, type Person } from "../load/people.ts";
import { announceImage, tusUpload } from "../load/upload.ts";
import type { Stand } from "../stand/stand.ts";

const run = promisify(execFile);
const times = 3;

type Format = "raw" | "qcow2";
type Round = { ratio: number; ours: number; bare: number };

export const importRatio: Figure = {
  name: "import.ratio",
  unit: "×",
  aim: { of: "p50", atMost: 2.5 },
  stand: "guests",
  measure: async (stand) => {
    const [person] = await openPeople(stand, "import", 1, 1);
    if (!person) throw new Error("nobody");
    const folder = join(stand.cloud.data, "bench-files");
    const rounds = { qcow2: [] as Round[], raw: [] as Round[] };
    try {
      const files = await writeDisk(folder);
      for (let index = 0; index < times; index++)
        for (const format of ["qcow2", "raw"] as const)
          rounds[format].push(await importOnce(stand, person, files[format], format));
    } finally {
      person.client.close();
      await rm(folder, { recursive: true, force: true });
    }
    const p50 = (samples: number[]) => resultOf({ name: "import", unit: "ms" }, { samples }).p50;
    const figures = (format: Format) =>
      `p50 ${p50(rounds[format].map(({ ours }) => ours))} ms, alone ${p50(rounds[format].map(({ bare }) => bare))} ms`;
    const raw = p50(rounds.raw.map(({ ratio }) => ratio));
    const note = `512 MiB of programs as compressed qcow2 (${figures("qcow2")}); as a raw disk ${raw} × (${figures("raw")})`;
    return { samples: rounds.qcow2.map(({ ratio }) => ratio), note };
  },
};

/** What machines have on their disks: this one's libraries. */
async function writeDisk(folder: string): Promise<Record<Format, string>> {
  const [raw, qcow2] = [join(folder, "disk.raw"), join(folder, "disk.qcow2")];
  await mkdir(folder, { recursive: true });
  // A sector of zeros first, so that nothing takes it for an archive.
  const filled =
    'head -c 512 /dev/zero > "$0"; tar cf - /usr/lib 2>/dev/null | head -c 536870400 >> "$0"; truncate -s 512M "$0"';
  await run("sh", ["-c", filled, raw]);
  await run("qemu-img", ["convert", "-c", "-W", "-m", "4", "-f", "raw", "-O", "qcow2", raw, qcow2]);
  return { raw, qcow2 };
}

async function importOnce(
  { cloud, database }: Stand,
  person: Person,
  path: string,
  format: Format,
): Promise<Round> {
  const bare = await bareConvert(path, format);
  const { size } = await stat(path);
  const id = await announceImage(person, size, format);
  await tusUpload(cloud.url, person.cookie, id, path, size);
  const since = performance.now();
  const ours = (await untilActive(database, id)) - since;
  await deleteImage(person, database, id);
  return { ratio: ours / bare, ours, bare };
}

/** As the import asks for it, on the same disk, until it is written there, as the import's file is. */
async function bareConvert(from: string, format: Format): Promise<number> {
  const to = `${from}.converted`;
  const since = performance.now();
  await run("qemu-img", ["convert", "-W", "-m", "4", "-f", format, "-O", "qcow2", from, to]);
  await run("sync", [to]);
  const took = performance.now() - since;
  await rm(to);
  return took;
}
