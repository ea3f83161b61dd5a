/**
 * Where a network's guests reach 169.254.169.254: a namespace of its own behind a port of the network, with a socket in it
 * that a child opens there and hands over. Nothing else is in that namespace, and it forwards nothing.
 */
import { spawn } from "node:child_process";
import { Server } from "node:net";
import { fileURLToPath } from "node:url";
import type { MetadataPort } from "../driver.ts";
import { bringUp, findLink, readNamespaces } from "./device.ts";
import { networkFault, run } from "./program.ts";

const address = "169.254.169.254";
const inside = "meta0";
const main = fileURLToPath(new URL("./listen-main.ts", import.meta.url));
/** Node needs a third of a second for it on a quiet machine. */
const listenMs = 30_000;

/** Names the namespace of a metadata port's device; it goes with the device. */
export function doorNamespace(namespace: string, device: string): string {
  return `${namespace}-${device}`;
}

/** The device of a namespace's name, if it is one of these. */
export function doorDevice(namespace: string, name: string): string | null {
  return name.startsWith(`${namespace}-tap`) ? name.slice(namespace.length + 1) : null;
}

/** True when the device had to be made. */
export async function ensureDoor(
  namespace: string,
  device: string,
  port: MetadataPort,
  signal: AbortSignal,
): Promise<boolean> {
  const door = doorNamespace(namespace, device);
  if (!(await readNamespaces()).includes(door)) await run("ip", ["netns", "add", door], signal);
  const found = await findLink(namespace, device, signal);
  if (!found) {
    const peer = ["peer", "name", inside, "netns", door];
    await run("ip", ["-n", namespace, "link", "add", "name", device, "type", "veth", ...peer], signal);
  }
  await setInside(door, port, signal);
  await bringUp(namespace, found ?? { ifname: device, mtu: 0, flags: [] }, port.mtu, signal);
  return found === null;
}

/** Old addresses go: those of a subnet that is gone would still draw its guests' traffic here. */
async function setInside(door: string, { mac, mtu, addresses }: MetadataPort, signal: AbortSignal) {
  const all = [...addresses.map((one) => `${one.address}/${one.prefixLength}`), `${address}/32`];
  const lines = [
    "link set dev lo up",
    `link set dev ${inside} address ${mac} mtu ${mtu} addrgenmode none up`,
    `addr flush dev ${inside}`,
    ...all.map((one) => `addr add ${one} dev ${inside}`),
  ];
  await run("ip", ["-n", door, "-batch", "-"], signal, `${lines.join("\n")}\n`);
  // A switch in user space reads frames as they are, and nobody would finish their checksums.
  await run("nsenter", [`--net=/run/netns/${door}`, "ethtool", "-K", inside, "tx", "off"], signal);
}

/** A socket that listens inside, in our hands. */
export function listenInside(door: string, signal: AbortSignal): Promise<Server> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(listenMs)]);
  const child = spawn("nsenter", [`--net=/run/netns/${door}`, process.execPath, main, address], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    signal: limit,
  });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8").slice(0, 4_000);
  });
  return new Promise((resolve, reject) => {
    child.on("message", (_message, handle) => handle instanceof Server && resolve(handle));
    child.on("error", (error) => reject(signal.aborted ? signal.reason : networkFault(error.message, error)));
    child.on("exit", (code) => reject(networkFault(`no socket from ${door} (${code}): ${said}`)));
  });
}

export async function removeDoor(namespace: string, device: string, signal: AbortSignal): Promise<void> {
  const door = doorNamespace(namespace, device);
  if ((await readNamespaces()).includes(door)) await run("ip", ["netns", "del", door], signal);
}
