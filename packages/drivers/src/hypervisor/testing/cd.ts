/** A CD that asks on the serial line what to boot: isolinux, and nothing else. */
import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const exec = promisify(execFile);

/** `folder`: a new one. Answers the ISO's path. */
export async function bootableCd(folder: string): Promise<string> {
  const tree = join(folder, "tree");
  const iso = join(folder, "cd.iso");
  await mkdir(tree, { recursive: true });
  await copyFile("/usr/lib/ISOLINUX/isolinux.bin", join(tree, "isolinux.bin"));
  await copyFile("/usr/lib/syslinux/modules/bios/ldlinux.c32", join(tree, "ldlinux.c32"));
  await writeFile(join(tree, "isolinux.cfg"), "SERIAL 0 115200\nPROMPT 1\nDEFAULT none\n");
  const boot = [
    "-b",
    "isolinux.bin",
    "-c",
    "boot.cat",
    "-no-emul-boot",
    "-boot-load-size",
    "4",
    "-boot-info-table",
  ];
  await exec("/usr/bin/genisoimage", ["-quiet", "-o", iso, "-V", "CD", ...boot, tree]);
  await chmod(iso, 0o644);
  return iso;
}
