import { existsSync } from "node:fs";
import { ask } from "./command.mjs";

const folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const programs = {
  switch: [
    "ip",
    "ethtool",
    "ovsdb-server",
    "ovsdb-tool",
    "ovs-vsctl",
    "ovs-vswitchd",
    "ovs-dpctl",
    "ovn-controller",
  ],
  central: ["ovn-northd", "ovn-nbctl", "ovn-sbctl"],
};

export const isInstalled = (program) => folders.some((folder) => existsSync(`${folder}/${program}`));

/** What is missing on this machine for its part of tenant networks; empty: nothing. */
export function missingPrograms(parts) {
  return parts.flatMap((part) => programs[part]).filter((program) => !isInstalled(program));
}

/** "system" where the kernel can switch, else "netdev": the switch does it in user space. */
export async function findDatapath() {
  await ask("modprobe", ["-q", "openvswitch"]);
  const { code } = await ask("ovs-dpctl", ["dump-dps"]);
  return code === 0 ? "system" : "netdev";
}

/** Why the switch in user space is for trying out only; for the greeting and the documents. */
export const notForProduction =
  "the userspace datapath of this Open vSwitch can be made to crash by a guest's traffic (it is started again at once) and is slow";
