import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Fault } from "./fault.mjs";
import { libvirtSupport, prepareLibvirt } from "./libvirt.mjs";
import { signal } from "./living.mjs";
import { node24 } from "./repository.mjs";
import { until } from "./waiting.mjs";

/** Which packages and rights this choice needs is known before anything is installed. */
export function wantsRealGuests({ hypervisor, root }) {
  if (hypervisor === "simulated") return false;
  if (hypervisor === "libvirt-qemu" && !root)
    throw new Fault("MADANG_HYPERVISOR=libvirt-qemu needs root.", {
      advice: "Run: sudo -E npm start (or leave the setting out, and guests are simulated).",
    });
  return root;
}

/** `{ hypervisor, why }` after the packages are installed: `auto` becomes one or the other, with the reason. */
export async function resolveHypervisor({ hypervisor, root }) {
  if (hypervisor === "simulated") return { hypervisor, why: "MADANG_HYPERVISOR=simulated" };
  if (!root)
    return { hypervisor: "simulated", why: "this user is not root; run sudo -E npm start for real ones" };
  const support = await libvirtSupport();
  if (support.ok) return { hypervisor: "libvirt-qemu", why: support.reason };
  if (hypervisor === "auto") return { hypervisor: "simulated", why: support.reason };
  throw new Fault(`MADANG_HYPERVISOR=libvirt-qemu is not possible here: ${support.reason}`, {
    advice: "Mend that, or set MADANG_HYPERVISOR=auto and guests are simulated.",
  });
}

/** libvirt knows its host by a UUID; it must stay the same from start to start. */
function hostUuid(data) {
  const file = `${data}/host-uuid`;
  try {
    writeFileSync(file, randomUUID(), { flag: "wx" });
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  return readFileSync(file, "utf8").trim();
}

/** A pid file may be left from before a crash, and its number be a stranger's by now, even another copy's guest. */
function isGuest({ pid, name }) {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return words[0].includes("qemu-system") && words.some((word) => word.startsWith(`guest=${name},`));
  } catch {
    return false;
  }
}

function guests(dir) {
  const folder = `${dir}/run/qemu`;
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith(".pid"))
      .map((file) => ({
        pid: Number(readFileSync(`${folder}/${file}`, "utf8")),
        name: file.slice(0, -".pid".length),
      }))
      .filter(isGuest);
  } catch {
    return [];
  }
}

/** After a hurried stop guests still run, and no libvirtd is there any more to end them. */
async function forceGuests(dir) {
  const left = guests(dir);
  for (const { pid } of left) signal(pid, "SIGKILL");
  await until(() => !left.some(isGuest), { seconds: 10 });
}

/** Definitions of virtlogd and libvirtd for the supervisor, in the network namespace if there is one, and the virtualization that the probe found. */
export async function prepareHypervisor({ data, virtType }, namespace) {
  const dir = `${data}/libvirt`;
  const options = { dir, hostUuid: hostUuid(data), virtType, namespace, node: node24 };
  const prepared = await prepareLibvirt(options);
  const definitions = prepared.processes.map(({ name, command, args, env, ready }) => ({
    name,
    command,
    args,
    env,
    ready,
    cwd: "/",
    readySeconds: 120,
    // The logs of running guests end with virtlogd: it outlives a killed supervisor, and the next one adopts it.
    ...(name === "virtlogd" ? { survives: true } : { stopped: () => forceGuests(dir) }),
  }));
  return { dir, virtType: prepared.virtType, why: prepared.why, definitions };
}
