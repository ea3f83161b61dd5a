/** Network devices in a namespace, by `ip`. Each function looks first, and changes what is not so. */
import { readdir } from "node:fs/promises";
import { z } from "zod";
import { run } from "./program.ts";

const link = z.object({
  ifname: z.string(),
  mtu: z.int(),
  flags: z.array(z.string()),
  address: z.string().optional(),
});
export type Link = z.infer<typeof link>;

/** Every device there. */
export async function readLinks(namespace: string, signal: AbortSignal): Promise<Link[]> {
  const said = await run("ip", ["-n", namespace, "-j", "link", "show"], signal);
  // It says nothing at all where there is nothing to say.
  return z.array(link).parse(JSON.parse(said.trim() || "[]"));
}

/** A tap has a carrier exactly while somebody, QEMU, has it open. */
export function isOpen({ flags }: Pick<Link, "flags">): boolean {
  return flags.includes("LOWER_UP");
}

export async function findLink(namespace: string, name: string, signal: AbortSignal): Promise<Link | null> {
  return (await readLinks(namespace, signal)).find(({ ifname }) => ifname === name) ?? null;
}

/** Brings it up with this MTU, and keeps the host's own IPv6 from speaking to whoever is at its other end. */
export async function bringUp(
  namespace: string,
  found: Pick<Link, "ifname" | "mtu" | "flags">,
  mtu: number,
  signal: AbortSignal,
): Promise<void> {
  if (found.mtu === mtu && found.flags.includes("UP")) return;
  const device = ["-n", namespace, "link", "set", "dev", found.ifname];
  await run("ip", [...device, "addrgenmode", "none"], signal);
  await run("ip", [...device, "mtu", String(mtu), "up"], signal);
}

/** True when it had to be made: then nobody has it open. */
export async function ensureTap(
  namespace: string,
  name: string,
  mtu: number,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await findLink(namespace, name, signal);
  if (!found) await run("ip", ["-n", namespace, "tuntap", "add", "dev", name, "mode", "tap"], signal);
  await bringUp(namespace, found ?? { ifname: name, mtu: 0, flags: [] }, mtu, signal);
  return found === null;
}

export async function removeLink(namespace: string, name: string, signal: AbortSignal): Promise<void> {
  if (await findLink(namespace, name, signal))
    await run("ip", ["-n", namespace, "link", "del", "dev", name], signal);
}

/** Names of all there are, in the folder of `ip netns`. */
export async function readNamespaces(): Promise<string[]> {
  return readdir("/run/netns").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}
