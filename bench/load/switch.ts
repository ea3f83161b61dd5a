/** Takes a running guest's tap out of the switch and plugs it in again, as the agent does it. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { tapDevice } from "@madang/core/network/tap";

const exec = promisify(execFile);

export type Switch = {
  plug: () => Promise<void>;
  unplug: () => Promise<void>;
};

/** `run`: the folder of the cloud's sockets. */
export function openSwitch(run: string, portId: string, mac: string): Switch {
  const device = tapDevice(portId);
  const vsctl = (...args: string[]) =>
    exec("ovs-vsctl", [`--db=unix:${run}/db.sock`, "--timeout=30", ...args]);
  const ids = { "madang-port": portId, "iface-id": portId, "attached-mac": mac, "iface-status": "active" };
  const settings = Object.entries(ids).map(([key, value]) => `external-ids:${key}="${value}"`);
  return {
    plug: async () => {
      await vsctl("--may-exist", "add-port", "br-int", device, "--", "set", "interface", device, ...settings);
    },
    unplug: async () => {
      await vsctl("--if-exists", "del-port", "br-int", device);
    },
  };
}
