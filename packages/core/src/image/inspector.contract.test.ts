/** Files that qemu-img itself made, and what a fuzzer makes of them: qemu-img is the oracle, and reads only what passed. */
import { execFile } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open, readFile, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { CloudError } from "../errors.ts";
import { type ImageFormat, qemuFormats } from "./format.ts";
import { type Inspection, openInspector } from "./inspector.ts";

const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), "madang-inspector-"));
const file = (name: string) => join(directory, name);
const diskBytes = 4 * 1024 ** 2;

afterAll(() => rmSync(directory, { recursive: true, force: true }));
beforeAll(async () => {
  const raw = file("disk.raw");
  writeFileSync(raw, randomFillSync(new Uint8Array(100_000)));
  await truncate(raw, diskBytes);
  for (const { name, qemu, options } of samples)
    await run("qemu-img", [
      "convert",
      "-f",
      "raw",
      "-O",
      qemu,
      ...options.flatMap((one) => ["-o", one]),
      raw,
      file(name),
    ]);
});

type Sample = { name: string; format: ImageFormat; qemu: string; options: string[] };
const samples: Sample[] = [
  { name: "v3.qcow2", format: "qcow2", qemu: "qcow2", options: [] },
  { name: "v2.qcow2", format: "qcow2", qemu: "qcow2", options: ["compat=0.10"] },
  { name: "zstd.qcow2", format: "qcow2", qemu: "qcow2", options: ["compression_type=zstd"] },
  { name: "extended.qcow2", format: "qcow2", qemu: "qcow2", options: ["extended_l2=on,cluster_size=128k"] },
  { name: "sparse.vmdk", format: "vmdk", qemu: "vmdk", options: [] },
  { name: "stream.vmdk", format: "vmdk", qemu: "vmdk", options: ["subformat=streamOptimized"] },
  { name: "dynamic.vhd", format: "vhd", qemu: "vpc", options: ["force_size=on"] },
  { name: "fixed.vhd", format: "vhd", qemu: "vpc", options: ["subformat=fixed,force_size=on"] },
  { name: "disk.vhdx", format: "vhdx", qemu: "vhdx", options: [] },
  { name: "dynamic.vdi", format: "vdi", qemu: "vdi", options: [] },
  { name: "static.vdi", format: "vdi", qemu: "vdi", options: ["static=on"] },
];

function inspect(bytes: Uint8Array, declared: ImageFormat | null): Inspection | CloudError {
  const inspector = openInspector(declared);
  try {
    for (let at = 0; at < bytes.length; at += 200_000) inspector.write(bytes.subarray(at, at + 200_000));
    return inspector.end();
  } catch (error) {
    if (error instanceof CloudError) return error;
    throw error;
  }
}

const info = z.object({
  format: z.string(),
  "virtual-size": z.number(),
  "backing-filename": z.string().optional(),
  "format-specific": z.object({ data: z.looseObject({}) }).optional(),
});

test.each(samples)("$name as qemu-img makes it", async ({ name, format }) => {
  const bytes = await readFile(file(name));
  expect(inspect(bytes, format)).toMatchObject({ format, virtualSizeBytes: diskBytes });
  expect(inspect(bytes, null)).toMatchObject({ format });
  expect(inspect(bytes, "raw")).toMatchObject({ options: { reason: "imageOtherFormat" } });
});

const attacks: [string, string, string[]][] = [
  ["backing file", "imageDependent", ["-f", "qcow2", "-F", "raw", "-b", "/etc/hostname"]],
  [
    "backing over the network",
    "imageDependent",
    ["-u", "-f", "qcow2", "-F", "raw", "-b", "nbd://127.0.0.1:1/x"],
  ],
  ["data file", "imageDependent", ["-f", "qcow2", "-o", "data_file=DATA,data_file_raw=on"]],
  ["flat extent", "imageBannedFormat", ["-f", "vmdk", "-o", "subformat=monolithicFlat"]],
  ["extents of 2 GiB", "imageBannedFormat", ["-f", "vmdk", "-o", "subformat=twoGbMaxExtentSparse"]],
  ["QED", "imageBannedFormat", ["-f", "qed"]],
  ["qcow1", "imageBannedFormat", ["-f", "qcow"]],
  ["60 TiB", "imageTooLarge", ["-f", "qcow2", "-o", "cluster_size=2M"]],
  [
    "LUKS in qcow2",
    "imageEncrypted",
    [
      "--object",
      "secret,id=s,data=word",
      "-f",
      "qcow2",
      "-o",
      "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10",
    ],
  ],
];

test.each(attacks)("attack: %s", async (name, reason, options) => {
  const path = file(`${name.replaceAll(/\W/g, "-")}.attack`);
  const given = options.map((option) => option.replace("DATA", `${path}.data`));
  // To choose how hard LUKS hashes, qemu-img times itself, and gives up where it was not given a turn meanwhile.
  await vi.waitFor(() => run("qemu-img", ["create", ...given, path, name === "60 TiB" ? "60T" : "1M"]), {
    timeout: 60_000,
  });
  expect(inspect(await readFile(path), null)).toMatchObject({ options: { reason } });
});

test("VMDK with a parent", async () => {
  await run("qemu-img", [
    "create",
    "-f",
    "vmdk",
    "-F",
    "vmdk",
    "-b",
    file("sparse.vmdk"),
    file("child.vmdk"),
  ]);
  expect(inspect(await readFile(file("child.vmdk")), "vmdk")).toMatchObject({
    options: { reason: "imageDependent" },
  });
});

/** Where each format keeps what matters. */
const places: Record<string, [from: number, length: number][]> = {
  qcow2: [[0, 600]],
  vmdk: [[0, 1_200]],
  vhd: [[0, 1_600]],
  vhdx: [
    [65_536, 128],
    [196_608, 128],
    [3 * 1024 ** 2, 256],
    [3 * 1024 ** 2 + 65_536, 64],
  ],
  vdi: [[64, 500]],
};

/** The seed is kept so that each run is the same; raise `numRuns` to look further. */
test.each(samples.filter(({ name }) => !name.startsWith("fixed") && !name.startsWith("static")))(
  "$name, changed: what passes refers to nothing",
  async ({ name, format }) => {
    const whole = await readFile(file(name));
    const range = fc.constantFrom(...(places[format] ?? []));
    const change = range.chain(([from, length]) =>
      fc.tuple(fc.integer({ min: from, max: from + length - 1 }), fc.nat({ max: 255 })),
    );
    const path = file(`${name}.fuzz`);
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        const found = inspect(bytes, format);
        if (found instanceof CloudError) expect(found.options.reason).toMatch(/^image[A-Z]/);
        else await expectAlone(path, bytes, found);
      }),
      { seed: 20_261_122, numRuns: 12 },
    );
  },
);

async function expectAlone(path: string, bytes: Uint8Array, { format, virtualSizeBytes }: Inspection) {
  const opened = await open(path, "w");
  await opened.writeFile(bytes);
  await opened.close();
  const asked = run("qemu-img", ["info", "--output=json", "-f", qemuFormats[format], path]);
  // What it refuses can't be converted either.
  const answer = await asked.catch(() => null);
  if (answer === null) return;
  const said = info.parse(JSON.parse(answer.stdout));
  expect(said["backing-filename"]).toBeUndefined();
  expect(said["format-specific"]?.data ?? {}).not.toHaveProperty("data-file");
  expect(said["virtual-size"]).toBeLessThanOrEqual(8 * 1024 ** 4);
  if (format !== "vhd") expect(said["virtual-size"]).toBe(virtualSizeBytes);
}
