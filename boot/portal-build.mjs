import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { run } from "./command.mjs";
import { contentHash } from "./content-hash.mjs";
import { checkDisk } from "./data-folder.mjs";
import { livingPidIn, recordPid } from "./living.mjs";
import { takeLock } from "./lock.mjs";
import { node24, repository } from "./repository.mjs";
import { until } from "./waiting.mjs";

const web = `${repository}/apps/web`;
const builds = `${web}/.next`;
/** Of the API the pages know types alone, and the server in front of them runs unbuilt. */
const sources = ["apps/web", "packages/core", "package-lock.json", "tsconfig.base.json"];
const notSource =
  /^(node_modules|\.next.*|server|next-env\.d\.ts|test-results)$|\.test\.tsx?$|\.tsbuildinfo$/;
/** A build takes a minute or two; on a loaded machine several. */
const buildWaitSeconds = 1200;

const folderOf = (hash) => `${builds}/build-${hash}`;
const isComplete = (hash) => existsSync(`${folderOf(hash)}/complete`);

/**
 * The build of the sources as they are now. Each has a folder named by their hash, so a copy that serves the old build
 * is not disturbed by one that makes the new.
 */
function portalBuild() {
  const hash = contentHash(repository, sources, { skip: (name) => notSource.test(name) });
  return { hash, dist: `.next/build-${hash}`, complete: isComplete(hash) };
}

async function underLock(work, note) {
  mkdirSync(builds, { recursive: true });
  const lock = await until(
    () => {
      const taken = takeLock(`${builds}/building`);
      if (taken.release) return taken;
      note("another copy is building it, waiting");
      return null;
    },
    { seconds: buildWaitSeconds, every: 2000 },
  );
  if (!lock) throw new Error(`the lock ${builds}/building has been held for ${buildWaitSeconds} s`);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

const oldBuilds = (hash) =>
  readdirSync(builds)
    .filter((name) => name.startsWith("build-") && name !== `build-${hash}`)
    .map((name) => `${builds}/${name}`)
    .toSorted((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);

/** The newest old build's compiler cache makes the new build several times faster; nothing needs it for serving. */
function inheritCache(hash) {
  const donor = oldBuilds(hash).find((folder) => existsSync(`${folder}/cache`));
  mkdirSync(folderOf(hash), { recursive: true });
  if (donor) renameSync(`${donor}/cache`, `${folderOf(hash)}/cache`);
}

function isServed(folder) {
  const users = `${folder}/served-by`;
  if (!existsSync(users)) return false;
  return readdirSync(users).some((name) => livingPidIn(`${users}/${name}`));
}

/** Two builds are kept: the newest and the one before it; more only while a running copy serves them. */
function dropOldBuilds(hash) {
  for (const folder of oldBuilds(hash).slice(1))
    if (!isServed(folder)) rmSync(folder, { recursive: true, force: true });
}

async function nextBuild({ hash, dist }, { logs, env }) {
  rmSync(folderOf(hash), { recursive: true, force: true });
  inheritCache(hash);
  await run(node24, [`${repository}/node_modules/next/dist/bin/next`, "build"], {
    cwd: web,
    env: { ...env, MADANG_DIST: dist, NODE_ENV: "production" },
    log: `${logs}/next-build.log`,
    what: "next build",
  });
  writeFileSync(`${folderOf(hash)}/complete`, "");
}

/** Builds the portal unless it is built; two copies of one clone don't build at once. */
async function buildPortal(build, { logs, env, note }) {
  await underLock(async () => {
    if (!isComplete(build.hash)) await nextBuild(build, { logs, env });
    dropOldBuilds(build.hash);
  }, note);
}

/** Notes that this process serves the build, so that no other copy removes it. Answers how to take that back. */
function markServed({ hash }) {
  const users = `${folderOf(hash)}/served-by`;
  const file = `${users}/${process.pid}`;
  mkdirSync(users, { recursive: true });
  recordPid(file, process.pid);
  const now = new Date();
  utimesSync(folderOf(hash), now, now);
  return () => rmSync(file, { force: true });
}

/** The build of the sources as they are, made if need be and marked as served by this process. Answers its folder. */
export async function ensurePortal({ progress, logs, env }) {
  const build = portalBuild();
  if (!build.complete) {
    checkDisk(repository, false, "the portal's build");
    await progress.step("Building the portal", (note) => buildPortal(build, { logs, env, note }));
  }
  process.once("exit", markServed(build));
  return build.dist;
}
