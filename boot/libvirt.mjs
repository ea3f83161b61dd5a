/**
 * A libvirt of our own: virtlogd and libvirtd, each in a private mount namespace over the folders of one directory, so
 * that they neither see nor disturb the host's libvirt, and several can run side by side. QEMU runs as uid 64200.
 *
 * virtlogd holds the pipes of every running guest's serial log. Once it dies those logs stay dead until each guest's
 * next start, so one that an earlier run left behind is reused and never restarted.
 */
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, chmod, chown, mkdir, open, readFile, rename, stat, writeFile } from "node:fs/promises";
import net from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const exec = promisify(execFile);

/** The uid and gid of every QEMU; a number, so no account is needed. Also in packages/drivers (disk/owned-file.ts). */
const qemuUid = 64200;

const daemons = { libvirtd: "/usr/sbin/libvirtd", virtlogd: "/usr/sbin/virtlogd" };
const programs = {
  "qemu-system-x86_64": ["/usr/bin/qemu-system-x86_64", "QEMU"],
  "qemu-img": ["/usr/bin/qemu-img", "qemu-img"],
  libvirtd: [daemons.libvirtd, "libvirt"],
  virtlogd: [daemons.virtlogd, "libvirt's virtlogd"],
  genisoimage: ["/usr/bin/genisoimage", "genisoimage"],
};

/**
 * Can this host run guests with libvirt and QEMU?
 * @returns {Promise<{ ok: boolean, reason: string }>} reason is one sentence for people, also when it can.
 */
export async function libvirtSupport() {
  if (process.platform !== "linux") return { ok: false, reason: "Guests need Linux." };
  if (process.arch !== "x64")
    return { ok: false, reason: `Guests need an x86-64 host, this one is ${process.arch}.` };
  if (process.getuid?.() !== 0)
    return { ok: false, reason: "Guests need root, and this process does not run as root." };
  const missing = [];
  for (const [path, label] of Object.values(programs)) {
    if (!(await isExecutable(path))) missing.push(`${label} (${path})`);
  }
  if (missing.length > 0) return { ok: false, reason: `Not installed: ${missing.join(", ")}.` };
  const namespaces = await exec("unshare", ["-m", "--propagation", "private", "true"]).then(
    () => null,
    (error) => String(error.stderr || error.message).trim(),
  );
  if (namespaces !== null)
    return { ok: false, reason: `Mount namespaces are not allowed here: ${namespaces}` };
  return { ok: true, reason: "Root, QEMU and libvirt are here." };
}

/**
 * Writes the configuration (once; an operator's changes stay) and says how to run the two daemons, in order.
 * @param {{ dir: string, hostUuid: string, virtType: "kvm" | "qemu" | "auto", namespace?: string | null, node?: string }} options
 *   `namespace` is the network namespace in which guests live, as `ip netns` names it; `node` runs the probe of `auto` and
 *   must be Node 24; by default the one running this.
 * @returns {Promise<{ virtType: "kvm" | "qemu", why: string, processes: LibvirtProcess[] }>}
 *
 * @typedef {object} LibvirtProcess
 * @property {"virtlogd" | "libvirtd"} name
 * @property {string} command
 * @property {string[]} args
 * @property {Record<string, string>} env the whole environment
 * @property {string} pidFile
 * @property {() => Promise<boolean>} ready true once it really answers
 * @property {() => Promise<number | null>} running the pid of one that an earlier run left alive: use it, start none
 */
export async function prepareLibvirt({ dir, hostUuid, virtType, namespace = null, node = process.execPath }) {
  if (/["\\\n]/.test(dir))
    throw new Error(`The data folder's name must not hold quotes or backslashes: ${dir}`);
  for (const name of ["run", "lib", "cache", "log", "etc"]) await mkdir(join(dir, name), { recursive: true });
  // QEMU's uid has to get through to its sockets under lib.
  await chmod(dir, 0o711);
  await chmod(join(dir, "lib"), 0o711);
  const resolved = await resolveVirtType(dir, virtType, node);
  await writeConfiguration(dir, hostUuid, resolved.virtType);
  const options = { virtType: resolved.virtType, namespace };
  const processes = [
    daemon(dir, "virtlogd", options, () => connects(join(dir, "run"), "virtlogd-sock")),
    daemon(dir, "libvirtd", options, () => answersRpc(join(dir, "run"), "libvirt-sock")),
  ];
  return { ...resolved, processes };
}

/** `auto` boots a probe guest and keeps the finding for this boot of the host; /dev/kvm existing proves nothing. */
async function resolveVirtType(dir, virtType, node) {
  if (virtType !== "auto") return { virtType, why: "set by MADANG_VIRT_TYPE" };
  const main = fileURLToPath(
    new URL("../packages/drivers/src/hypervisor/libvirt-qemu/probe-main.ts", import.meta.url),
  );
  const { stdout } = await exec(node, [main, join(dir, "virt-type.json")], { timeout: 60_000 });
  return JSON.parse(stdout);
}

function daemon(dir, name, { virtType, namespace }, ready) {
  const pidFile = join(dir, `${name}.pid`);
  // One shell, whose arguments are never parsed as text; each exec keeps the pid that the supervisor knows.
  const script = `set -e
    dir=$1 virt=$2 daemon=$3 pidfile=$4
    for pair in run:/run/libvirt lib:/var/lib/libvirt cache:/var/cache/libvirt log:/var/log/libvirt etc:/etc/libvirt; do
      mkdir -p "\${pair#*:}"
      mount --bind "$dir/\${pair%%:*}" "\${pair#*:}"
    done
    for table in passwd group; do mount --bind "$dir/$table" "/etc/$table"; done
    if [ -e /dev/kvm ]; then mount --bind "$dir/kvm-$virt" /dev/kvm; fi
    exec "$daemon" --pid-file "$pidfile" --timeout 0`;
  const mounted = ["-m", "--propagation", "private", "sh", "-c", script];
  const args = [...mounted, "sh", dir, virtType, daemons[name], pidFile];
  // Not `ip netns exec`: that one mounts another /sys, without control groups.
  const entered = namespace ? ["nsenter", `--net=/run/netns/${namespace}`] : [];
  const [command, ...rest] = [...entered, "unshare", ...args];
  return {
    name,
    command,
    args: rest,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" },
    pidFile,
    ready,
    running: () => alive(pidFile, daemons[name]),
  };
}

/** The pid in the file, if that process is this daemon with this very pid file. */
async function alive(pidFile, program) {
  const pid = Number((await readFile(pidFile, "utf8").catch(() => "")).trim());
  if (!Number.isInteger(pid) || pid < 2) return null;
  const command = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
  return command[0] === program && command.includes(pidFile) ? pid : null;
}

async function writeConfiguration(dir, hostUuid, virtType) {
  const logs = join(dir, "log");
  await writeOnce(join(dir, "etc", "virtlogd.conf"), ["max_size = 262144", "max_backups = 1"]);
  await writeOnce(join(dir, "etc", "libvirtd.conf"), [
    "listen_tls = 0",
    'auth_unix_rw = "none"',
    'unix_sock_rw_perms = "0700"',
    `host_uuid = "${hostUuid}"`,
    'log_filters = "3:remote 4:event"',
    `log_outputs = "2:file:${join(logs, "libvirtd.log")}"`,
  ]);
  await writeOnce(join(dir, "etc", "qemu.conf"), [
    'security_driver = "none"',
    `user = "+${qemuUid}"`,
    `group = "+${qemuUid}"`,
    "dynamic_ownership = 0",
    "remember_owner = 0",
    'namespaces = [ "mount" ]',
    // Without /dev/kvm, which is a bind mount here; libvirt carries that one over by itself.
    'cgroup_device_acl = [ "/dev/null", "/dev/full", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/ptmx" ]',
    'stdio_handler = "logd"',
    "cgroup_controllers = [ ]",
    "seccomp_sandbox = 1",
    "clear_emulator_capabilities = 1",
    "vnc_auto_unix_socket = 1",
    "max_core = 0",
  ]);
  await writeAccounts(dir);
  if (virtType === "kvm") await makeKvmNode(join(dir, "kvm-kvm"));
  else await writeOnce(join(dir, "kvm-qemu"), []);
}

/**
 * libvirtd refuses to start without Debian's account libvirt-qemu, whatever qemu.conf says. The package that makes it
 * also starts the host's own libvirt, so the account is made here, in tables that only our two daemons see.
 */
async function writeAccounts(dir) {
  for (const [table, rest] of [
    ["passwd", "::/nonexistent:/usr/sbin/nologin"],
    ["group", ""],
  ]) {
    const others = (await readFile(`/etc/${table}`, "utf8"))
      .split("\n")
      .filter((line) => line && !line.startsWith("libvirt-qemu:"));
    const ids = table === "passwd" ? `${qemuUid}:${qemuUid}` : `${qemuUid}:`;
    const text = [...others, `libvirt-qemu:x:${ids}${rest}`, ""].join("\n");
    await writeFile(join(dir, `${table}.new`), text, { mode: 0o644 });
    await rename(join(dir, `${table}.new`), join(dir, table));
  }
}

/** A device node of ours that QEMU's uid may open, so that the host's /dev/kvm keeps its owner. */
async function makeKvmNode(path) {
  const made = await stat(path).catch(() => null);
  if (!made?.isCharacterDevice()) {
    const { rdev } = await stat("/dev/kvm");
    await exec("mknod", [path, "c", String((rdev >> 8) & 0xfff), String(rdev & 0xff)]);
  }
  await chown(path, 0, qemuUid);
  await chmod(path, 0o660);
}

async function writeOnce(path, lines) {
  if (await exists(path)) return;
  const text = lines.map((line) => `${line}\n`).join("");
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/**
 * Connects by the folder's descriptor: sun_path holds 108 bytes, and a data folder may be deeper than that.
 * The socket is handed to `use` connected, and destroyed afterwards.
 */
async function withSocket(folder, name, use) {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const socket = net.connect(`/proc/self/fd/${handle.fd}/${name}`);
    try {
      await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
      return await use(socket);
    } finally {
      socket.destroy();
    }
  } finally {
    await handle.close();
  }
}

async function connects(folder, name) {
  return withSocket(folder, name, async () => true).catch(() => false);
}

/**
 * AUTH_LIST (66), then CONNECT_OPEN (1) of qemu:///system, as remote_protocol.x numbers them. Only the second is
 * answered after the QEMU driver is up.
 */
async function answersRpc(folder, name) {
  const uri = Buffer.from("qemu:///system\0\0");
  const openArguments = Buffer.concat([words(1, uri.length - 2), uri, words(0)]);
  return withSocket(folder, name, async (socket) => {
    const authenticated = await call(socket, 66, 1, Buffer.alloc(0));
    return authenticated && (await call(socket, 1, 2, openArguments));
  }).catch(() => false);
}

/** One call over the socket; true when the answer says OK. Waits at most 30 s, since capabilities may be probed. */
function call(socket, procedure, serial, body) {
  const packet = Buffer.concat([words(28 + body.length, 0x20008086, 1, procedure, 0, serial, 0), body]);
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const timer = setTimeout(() => settle(() => reject(new Error("libvirtd did not answer"))), 30_000);
    const settle = (action) => {
      clearTimeout(timer);
      socket.off("data", onData);
      action();
    };
    const onData = (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 28 || received.length < received.readUInt32BE(0)) return;
      settle(() => resolve(received.readUInt32BE(20) === serial && received.readUInt32BE(24) === 0));
    };
    socket.on("data", onData).once("close", () => settle(() => reject(new Error("libvirtd hung up"))));
    socket.write(packet);
  });
}

function words(...values) {
  const buffer = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) buffer.writeUInt32BE(value, index * 4);
  return buffer;
}

async function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function isExecutable(path) {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
