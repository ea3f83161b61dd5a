/** Screen, serial line and serial log of running guests, all over unix sockets and files. */
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { CloudError } from "@madang/core/errors";
import { openSerialHub, replayBytes, type SerialHub } from "../serial-hub.ts";
import { textStream } from "../text-stream.ts";
import { serialSocketPath, vncSocketPath } from "./domain-xml.ts";
import type { GuestFiles } from "./guest-files.ts";
import { readSerialLog } from "./serial-log.ts";
import { connectUnix } from "./unix-socket.ts";

export type Consoles = {
  vnc(liveXml: string): Promise<Duplex>;
  serial(guestId: string, files: GuestFiles): Promise<Duplex>;
  log(files: GuestFiles): Promise<Duplex>;
  forget(guestId: string): void;
  close(): void;
};

/** libvirtd's own view of its state folder; for us it is `lib` of the libvirt folder. */
const libvirtState = "/var/lib/libvirt/";

export function openConsoles(libvirtDir: string): Consoles {
  const hubs = new Map<string, Promise<SerialHub>>();
  const here = (path: string): string => {
    if (path.startsWith(libvirtState)) return join(libvirtDir, "lib", path.slice(libvirtState.length));
    throw new CloudError("Internal", "The console has an unexpected place.", { detail: path });
  };
  const connectHub = async (guestId: string, files: GuestFiles): Promise<SerialHub> => {
    // Read before connecting: what is written in between is missed, never shown twice.
    const past = await readSerialLog(files.serialLog, replayBytes);
    const line = await connectUnix(here(serialSocketPath(guestId)));
    return openSerialHub(line, past, () => hubs.delete(guestId));
  };
  const end = (hub: Promise<SerialHub> | undefined) => {
    hub?.then((open) => open.end()).catch(() => {});
  };
  return {
    async vnc(liveXml) {
      const path = vncSocketPath(liveXml);
      if (!path) throw new CloudError("InvalidState", "The guest has no screen.", { reason: "GuestState" });
      return connectUnix(here(path));
    },
    async serial(guestId, files) {
      const known = hubs.get(guestId);
      const hub = known ?? connectHub(guestId, files);
      hubs.set(guestId, hub);
      try {
        return (await hub).view();
      } catch (error) {
        if (hubs.get(guestId) === hub) hubs.delete(guestId);
        throw error;
      }
    },
    log: async (files) => textStream(await readSerialLog(files.serialLog)),
    forget: (guestId) => end(hubs.get(guestId)),
    close() {
      for (const hub of hubs.values()) end(hub);
    },
  };
}
