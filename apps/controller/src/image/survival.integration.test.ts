/**
 * A controller is killed with SIGKILL at each step of an import, in the middle of the long ones too: the other one goes on,
 * the image has the bytes that were brought, and nothing else is left.
 */
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { openQueue, type PgBoss, wake } from "@madang/db";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { KillPoint } from "../testing/kill-point.ts";
import { openTestCloud, type TestCloud } from "../testing/rows.ts";
import { makeSweepProcess, type SweepProcess } from "../testing/sweep-process.ts";
import { eventually } from "../testing/whole-cloud.ts";

const run = promisify(execFile);
const mib = 1024 ** 2;
const patience = { timeout: 300_000 };

let cloud: TestCloud;
let boss: PgBoss;
let home: string;
let images: string;
let controllers: SweepProcess[];
const brought = { small: { path: "", sha256: "" }, large: { path: "", sha256: "" } };

beforeAll(async () => {
  cloud = await openTestCloud();
  await cloud.database.prisma.quotaDefault.create({ data: { resource: "image_size", limit: -1 } });
  boss = await openQueue(cloud.database.url, false, () => {});
  home = await mkdtemp(join(tmpdir(), "madang-killed-"));
  images = join(home, "images");
  await mkdir(join(images, "incoming"), { recursive: true });
  for (const [size, sizeMib] of [["small", 8] as const, ["large", 256] as const]) {
    const bytes = randomBytes(sizeMib * mib);
    const path = join(home, `${size}.raw`);
    await writeFile(path, bytes);
    brought[size] = { path, sha256: createHash("sha256").update(bytes).digest("hex") };
  }
  controllers = ["one", "two"].map((name) => {
    const env = {
      PATH: "/usr/bin:/bin",
      NODE_ENV: "production",
      NODE_COMPILE_CACHE: join(home, "compiled"),
      DATABASE_URL: cloud.database.url,
      MADANG_DATA: home,
      MADANG_IMAGES: images,
      LOG_LEVEL: "debug",
    };
    return makeSweepProcess(name, ["apps/controller/src/main.ts"], env, join(home, `${name}.log`));
  });
  await Promise.all(controllers.map((one) => one.start()));
}, patience.timeout);
afterAll(async () => {
  await Promise.all((controllers ?? []).map((one) => one.kill()));
  await boss?.stop({ graceful: false });
  await cloud?.close();
  await rm(home, { recursive: true, force: true });
}, patience.timeout);

afterEach(async () => {
  for (const one of controllers) {
    await one.arm(null);
    await one.startIfDown();
  }
}, patience.timeout);

type Size = keyof typeof brought;

/** As the web process leaves it when the last byte is there. */
async function bring(size: Size): Promise<string> {
  const id = crypto.randomUUID();
  await copyFile(brought[size].path, join(images, "incoming", id));
  await writeFile(join(images, "incoming", `${id}.json`), "{}");
  const bytes = BigInt((await stat(brought[size].path)).size);
  await cloud.database.prisma.image.create({
    data: {
      ...{ id, projectId: cloud.projectId, name: id, visibility: "private", status: "importing" },
      ...{ origin: "upload", uploadFormat: "raw", diskFormat: "qcow2" },
      ...{ uploadSizeBytes: bytes, uploadedBytes: bytes, uploadEndedAt: cloud.database.now() },
    },
  });
  return id;
}

const begin = (id: string) => cloud.database.prisma.$transaction((tx) => wake(boss, tx, "image", id));
const rowOf = (id: string) => cloud.database.prisma.image.findUniqueOrThrow({ where: { id } });

/** What anybody has of it that is no image: files, and programs that still work on it. */
async function leftOf(id: string): Promise<string[]> {
  const folders = await Promise.all(
    ["incoming", "work"].map((name) => readdir(join(images, name)).catch(() => [])),
  );
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const programs = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "")),
  );
  return [...folders.flat(), ...programs].filter((name) => name.includes(id));
}

async function requireWhole(id: string, size: Size): Promise<void> {
  await eventually(async () => (await rowOf(id)).status !== "importing");
  const row = await rowOf(id);
  expect(row).toMatchObject({ status: "active", fault: null, uploadSha256: brought[size].sha256 });
  const stored = join(images, row.sha256 ?? "");
  const bytes = await readFile(stored);
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(row.sha256);
  expect(createHash("sha512").update(bytes).digest("hex")).toBe(row.sha512);
  await run("qemu-img", ["compare", "-f", "raw", "-F", "qcow2", brought[size].path, stored]);
  await eventually(async () => (await leftOf(id)).length === 0);
  const known = await cloud.database.prisma.image.findMany({ select: { sha256: true } });
  const names = (await readdir(images)).filter((name) => /^[0-9a-f]{64}$/.test(name));
  expect(names.filter((name) => !known.some(({ sha256 }) => sha256 === name))).toEqual([]);
}

/** Leases of killed controllers run out now and not in ten seconds. */
const endLeases = () =>
  cloud.database.pool.query(
    `UPDATE pgboss.job SET heartbeat_on = now() - interval '1 hour' WHERE state = 'active'`,
  );

/** Whoever works on it dies there; the other has to do without him. */
async function killedOnce(point: KillPoint, start: () => Promise<void>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  for (const one of controllers)
    one.onDeath((how) =>
      how === "SIGKILL" ? resolve() : reject(new Error(`${one.name} ended by itself: ${how}`)),
    );
  await Promise.all(controllers.map((one) => one.arm(point)));
  await start();
  await promise;
  for (const one of controllers) one.onDeath(null);
  await Promise.all(controllers.map((one) => one.arm(null)));
  await endLeases();
}

/** Reading it over (copied, inspected, hashed), converting it, and hashing what came of it, once for each hash. */
const steps = ["copy", "convert", "hash", "other hash"].flatMap((step, index) =>
  (["before", "after"] as const).map((when) => ({ step, when, kind: "driver" as const, at: index + 1 })),
);
/** The pass that begins it is none of them: what arrived is noted, and the image gets its name. */
const commits = [1, 2].flatMap((at) =>
  (["before", "after"] as const).map((when) => ({ step: `commit ${at}`, when, kind: "commit" as const, at })),
);

it.each([...steps, ...commits])("killed $when the $step", patience, async ({ when, kind, at }) => {
  const id = await bring("small");
  const point: KillPoint = { kind, at, when, every: null, how: "kill", watch: id };
  await killedOnce(point, () => begin(id));
  await requireWhole(id, "small");
});

const middles: [string, (names: readonly string[]) => string | undefined, number][] = [
  ["of the copy", (names) => names.find((name) => name.endsWith("/in")), 32 * mib],
  ["of the conversion", (names) => names.find((name) => name.endsWith("/out/image")), 8 * mib],
];

it.each(middles)("killed in the middle %s", patience, async (_middle, fileOf, bytes) => {
  const id = await bring("large");
  await begin(id);
  await eventually(async () => {
    const names = await readdir(join(images, "work"), { recursive: true }).catch(() => []);
    const file = fileOf(names.filter((name) => name.startsWith(`${id}.`)));
    const size = file && (await stat(join(images, "work", file)).catch(() => null))?.size;
    return size !== undefined && size !== "" && size >= bytes;
  });
  expect((await rowOf(id)).status).toBe("importing");
  // Both, for who works on it is not known from outside; one of them comes back.
  await Promise.all(controllers.map((one) => one.kill()));
  expect((await rowOf(id)).status).toBe("importing");
  await endLeases();
  await controllers[0]?.start();
  await requireWhole(id, "large");
});
