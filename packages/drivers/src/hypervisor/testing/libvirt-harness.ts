/**
 * libvirt with QEMU for the contract: daemons of its own in a folder under /tmp, and oracles that do not ask the
 * driver: virsh, /proc and the file system. close() leaves no process and no file.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import pino, { type Logger } from "pino";
import { type LibvirtProcess, prepareLibvirt } from "../../../../../boot/libvirt.mjs";
import type { HypervisorHarness } from "../contract.ts";
import { createHypervisorDriver } from "../registry.ts";
import { testOrder } from "./order.ts";
import { logIn } from "./terminal.ts";
import { until } from "./until.ts";

const exec = promisify(execFile);
const buildTiny = fileURLToPath(new URL("../../../../../images/tiny/build.sh", import.meta.url));

/** crypt(3) SHA-512 of `madang-test-1`, made by `openssl passwd -6`. */
const passwordHash =
  "$6$madangmadang$4nj2KFLVEotUnChFwWpsYR8Spq/dARosvhQ4ENcc7k7mN/rVnbjb/eFajYmFqzE52OdQSL4cbkTF.6FmMIqcs.";
const password = "madang-test-1";

export type LibvirtHarness = HypervisorHarness & {
  libvirtDir: string;
  instancesDir: string;
  imagePath: string;
  log: Logger;
  virsh(...args: string[]): Promise<string>;
  /** The pid of the guest's QEMU. */
  pid(guestId: string): Promise<number>;
  /** Ends one of the two daemons by SIGKILL and starts it again. */
  restart(name: LibvirtProcess["name"]): Promise<void>;
  processes: LibvirtProcess[];
};

/** `namespace`: the network namespace that guests live in, if not the host's. */
export async function libvirtHarness(namespace: string | null = null): Promise<LibvirtHarness> {
  const root = await mkdtemp(join(tmpdir(), "madang-contract-"));
  await chmod(root, 0o711);
  const libvirtDir = join(root, "libvirt");
  const instancesDir = join(root, "instances");
  const imagePath = join(root, "tiny.qcow2");
  const daemons = await startDaemons(libvirtDir, namespace);
  try {
    await exec(buildTiny, [imagePath]);
    const log = pino({ level: "silent" });
    const driver = await createHypervisorDriver("libvirt-qemu", {
      libvirtDir,
      instancesDir,
      virtType: "qemu",
      log,
    });
    const virsh = virshOf(libvirtDir);
    const pid = (guestId: string) => qemuPid(libvirtDir, `madang-${guestId}`);
    return {
      driver,
      libvirtDir,
      instancesDir,
      imagePath,
      log,
      virsh,
      pid,
      restart: daemons.restart,
      processes: daemons.processes,
      order: () => testOrder({ imagePath, passwordHash }),
      look: (guestId) => lookWith(virsh, libvirtDir, guestId),
      login: (line) => logIn(line, "root", password),
      kill: async (guestId) => {
        process.kill(await pid(guestId), "SIGKILL");
      },
      makeForeign: () => startForeign(virsh, root),
      loseDisk: (guestId) => rm(join(instancesDir, guestId, "disk.qcow2")),
      leftovers: (guestId) => findLeftovers(root, guestId),
      async close() {
        await driver.close();
        await endGuests(libvirtDir);
        await daemons.stop();
        await rm(root, { recursive: true });
      },
    };
  } catch (error) {
    await daemons.stop();
    throw error;
  }
}

async function startDaemons(dir: string, namespace: string | null) {
  const { processes } = await prepareLibvirt({ dir, hostUuid: randomUUID(), virtType: "qemu", namespace });
  const running = new Map<string, ChildProcess>();
  const start = async (definition: LibvirtProcess) => {
    const { name, command, args, env, ready } = definition;
    running.set(name, spawn(command, args, { env, stdio: "ignore" }));
    await until(`${name} to answer`, ready);
  };
  for (const definition of processes) await start(definition);
  const end = async (name: string, signal: "SIGTERM" | "SIGKILL") => {
    const child = running.get(name);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  };
  return {
    processes,
    async restart(name: LibvirtProcess["name"]) {
      const definition = processes.find((one) => one.name === name);
      if (!definition) throw new Error(`no ${name}`);
      await end(name, "SIGKILL");
      await start(definition);
    },
    async stop() {
      await end("libvirtd", "SIGTERM");
      await end("virtlogd", "SIGTERM");
    },
  };
}

function virshOf(libvirtDir: string) {
  const uri = `qemu+unix:///system?socket=${join(libvirtDir, "run", "libvirt-sock")}`;
  return async (...args: string[]): Promise<string> => {
    const { stdout } = await exec("virsh", ["-c", uri, ...args], {
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
    });
    return stdout.trim();
  };
}

type Virsh = ReturnType<typeof virshOf>;

async function lookWith(virsh: Virsh, libvirtDir: string, guestId: string) {
  const known = (await virsh("list", "--all", "--uuid")).split("\n");
  if (!known.includes(guestId)) return null;
  const info = await virsh("dominfo", guestId);
  const field = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, "m").exec(info)?.[1] ?? "";
  const running = field("State") === "running";
  return {
    running,
    vcpus: Number(field("CPU\\(s\\)")),
    ramMib: Number.parseInt(field("Max memory"), 10) / 1024,
    life: running ? String(await qemuPid(libvirtDir, field("Name"))) : null,
  };
}

async function qemuPid(libvirtDir: string, name: string): Promise<number> {
  return Number(await readFile(join(libvirtDir, "run", "qemu", `${name}.pid`), "utf8"));
}

/** A domain as another tool would make it, in the same libvirt, with an id no RFC knows and a disk of its own. */
async function startForeign(virsh: Virsh, root: string): Promise<{ guestId: string; files: string[] }> {
  const guestId = `${randomUUID().slice(0, 14)}0${randomUUID().slice(15)}`;
  const disk = join(root, "foreign.img");
  await writeFile(disk, Buffer.alloc(1024 * 1024));
  await chmod(disk, 0o666);
  const os = "<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>";
  const devices = `<devices><disk type='file'><source file='${disk}'/><target dev='vda'/></disk></devices>`;
  const xml = `<domain type='qemu'><name>foreign</name><uuid>${guestId}</uuid><memory>65536</memory>${os}${devices}</domain>`;
  const file = join(root, "foreign.xml");
  await writeFile(file, xml);
  await virsh("define", file);
  await virsh("start", guestId);
  return { guestId, files: [disk, file] };
}

/** Whatever under the folder, or running, still carries the guest's id. */
async function findLeftovers(root: string, guestId: string): Promise<string[]> {
  const files = await readdir(root, { recursive: true });
  const processes = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    processes.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  return [...files, ...commands].filter((text) => text.includes(guestId));
}

async function endGuests(libvirtDir: string): Promise<void> {
  const folder = join(libvirtDir, "run", "qemu");
  // driver.pid is libvirtd's own.
  const names = (await readdir(folder)).filter((name) => name.endsWith(".pid") && name !== "driver.pid");
  for (const name of names) {
    const pid = Number(await readFile(join(folder, name), "utf8"));
    process.kill(pid, "SIGKILL");
    await until(`QEMU ${pid} to end`, async () => !(await stat(`/proc/${pid}`).catch(() => null)));
  }
}
