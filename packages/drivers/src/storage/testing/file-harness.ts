/** The file driver on a small file system of its own; the oracle is qemu-io and qemu-img, which read what is there. */
import { execFile } from "node:child_process";
import { chmod, mkdtemp, readdir, rm, statfs, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { StorageHarness } from "../contract.ts";
import { createStorageDriver } from "../registry.ts";

const exec = promisify(execFile);
const mib = 1024 ** 2;
const diskMib = 512;
/** As root in tests: whatever it reads is our own. */
const qemuIo = (path: string, command: string) => exec("qemu-io", ["-f", "qcow2", "-c", command, path]);

export type FileHarness = StorageHarness & { volumesDir: string };

export async function fileHarness(): Promise<FileHarness> {
  const root = await mkdtemp(join(tmpdir(), "madang-volumes-"));
  await exec("mount", ["-t", "tmpfs", "-o", `size=${diskMib}m,mode=711`, "none", root]);
  await chmod(root, 0o711);
  const volumesDir = join(root, "volumes");
  const driver = await createStorageDriver("file", { volumesDir });
  const image = join(root, "image.raw");
  await exec("qemu-img", ["create", "-q", "-f", "raw", image, "8M"]);
  await exec("qemu-io", ["-f", "raw", "-c", "write -P 0x42 0 1M", image]);
  const fileOf = (volumeId: string) => join(volumesDir, volumeId, "volume.qcow2");
  const ballast = join(root, "ballast");
  return {
    driver,
    volumesDir,
    image: {
      source: {
        kind: "image",
        sha256: "0".repeat(64),
        sizeBytes: 8 * mib,
        virtualSizeBytes: 8 * mib,
        format: "raw",
      },
      path: image,
      pattern: { atMib: 0, byte: 0x42 },
    },
    reopen: () => createStorageDriver("file", { volumesDir }),
    write: async (volumeId, { atMib, byte }) => {
      await qemuIo(fileOf(volumeId), `write -P ${byte} ${atMib}M 1M`);
    },
    expectPattern: async (volumeId, { atMib, byte }) => {
      const { stdout } = await qemuIo(fileOf(volumeId), `read -P ${byte} ${atMib}M 1M`);
      if (/pattern verification failed/i.test(stdout)) throw new Error(stdout);
    },
    sizeOf: async (volumeId) => {
      const { stdout } = await exec("qemu-img", ["info", "--output=json", fileOf(volumeId)]);
      return JSON.parse(stdout)["virtual-size"];
    },
    lose: (volumeId) => unlink(fileOf(volumeId)),
    fill: async (isFull) => {
      if (!isFull) return rm(ballast);
      const { bavail, bsize } = await statfs(root);
      await writeFile(ballast, Buffer.alloc(bavail * bsize));
    },
    leftovers: async (volumeId) =>
      (await readdir(root, { recursive: true })).filter((name) => name.includes(volumeId)),
    close: async () => {
      await driver.close();
      await exec("umount", [root]);
      await rm(root, { recursive: true });
    },
  };
}
