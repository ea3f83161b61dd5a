import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { ask, run } from "./command.mjs";
import { contentHash } from "./content-hash.mjs";
import { repository } from "./repository.mjs";
import { hasPackageLists, rootPrefix, updatePackageLists } from "./system-packages.mjs";

const name = "Tiny Linux";
const blankName = "Blank disk (simulated)";

/** The tiny guest image, built once per version of its recipe and kept in the cache folder. */
function tinyImage(cache) {
  const hash = contentHash(repository, ["images/tiny"]);
  const file = `${cache}/tiny-${hash}.qcow2`;
  return { name, file, built: existsSync(file) };
}

async function buildTinyImage({ file }, { cache, logs, env, prefix, note }) {
  mkdirSync(cache, { recursive: true });
  if (prefix && !hasPackageLists()) await updatePackageLists(prefix, { log: `${logs}/apt-update.log`, note });
  await run("bash", [`${repository}/images/tiny/build.sh`, file], {
    env,
    log: `${logs}/tiny-image.log`,
    what: "Building the tiny guest image",
    advice: "If apt could not fetch packages, run apt-get update and start again.",
  });
  for (const old of readdirSync(cache)) {
    if (/^tiny-[0-9a-f]+\.qcow2$/.test(old) && `${cache}/${old}` !== file) rmSync(`${cache}/${old}`);
  }
}

/** Whether the programs that the image's recipe calls are there; a person without root may lack them. */
async function canBuildTinyImage() {
  const tools = [
    "apt-get",
    "depmod",
    "busybox",
    "cpio",
    "mke2fs",
    "mkfs.vfat",
    "mcopy",
    "syslinux",
    "sfdisk",
    "qemu-img",
    "dropbear",
  ];
  const search = tools.map((tool) => `command -v ${tool}`).join(" && ");
  const { code } = await ask("sh", ["-c", `PATH=$PATH:/usr/sbin:/sbin; ${search}`]);
  return code === 0;
}

const clusterBits = 16;
const cluster = 1 << clusterBits;
const blankBytes = 64 * 1024 * 1024;

/**
 * An empty disk of 64 MiB in qcow2, version 3: header, refcount table, one refcount block, L1 table, a cluster each
 * (QEMU's docs/interop/qcow2.txt). For simulated hypervisors where nothing can build or boot a real image.
 */
export function blankQcow2() {
  const bytes = Buffer.alloc(4 * cluster);
  bytes.write("QFI\xfb", 0, "latin1");
  bytes.writeUInt32BE(3, 4);
  bytes.writeUInt32BE(clusterBits, 20);
  bytes.writeBigUInt64BE(BigInt(blankBytes), 24);
  bytes.writeUInt32BE(1, 36);
  bytes.writeBigUInt64BE(BigInt(3 * cluster), 40);
  bytes.writeBigUInt64BE(BigInt(cluster), 48);
  bytes.writeUInt32BE(1, 56);
  bytes.writeUInt32BE(4, 96);
  bytes.writeUInt32BE(104, 100);
  bytes.writeBigUInt64BE(BigInt(2 * cluster), cluster);
  for (let used = 0; used < 4; used++) bytes.writeUInt16BE(1, 2 * cluster + 2 * used);
  return bytes;
}

export function blankImage(cache) {
  const file = `${cache}/blank.qcow2`;
  mkdirSync(cache, { recursive: true });
  writeFileSync(`${file}.new`, blankQcow2());
  renameSync(`${file}.new`, file);
  return { name: blankName, file };
}

/** MADANG_IMAGE_FILES for bootstrap: what the person named, then ours. */
export async function guestImageFiles(settings, { hypervisor, progress, logs, env }) {
  const { cache, imageFiles } = settings;
  const image = tinyImage(cache);
  if (!image.built) {
    if (hypervisor === "simulated" && !(await canBuildTinyImage()))
      return joined(imageFiles, blankImage(cache));
    const prefix = await rootPrefix();
    await progress.step("Building the guest image", (note) =>
      buildTinyImage(image, { cache, logs, env, prefix, note }),
    );
  }
  return joined(imageFiles, image);
}

const joined = (imageFiles, { name, file }) => [imageFiles, `${name}=${file}`].filter(Boolean).join(",");
