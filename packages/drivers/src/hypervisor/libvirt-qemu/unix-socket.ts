import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { basename, dirname } from "node:path";
import { disconnected } from "./rpc/fault.ts";

/**
 * Connects by the descriptor of the socket's folder: sun_path holds 108 bytes, and a data folder may be deeper than
 * that. Throws Unavailable when nobody listens.
 */
export async function connectUnix(path: string): Promise<Socket> {
  const fail = (error: Error) => disconnected(`${path}: ${error.message}`);
  const folder = await open(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY).catch(
    (error: Error) => {
      throw fail(error);
    },
  );
  try {
    const socket = connect(`/proc/self/fd/${folder.fd}/${basename(path)}`);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", (error) => reject(fail(error)));
    });
    // Whoever gets the socket watches "close"; without a listener an error in between would end the process.
    socket.on("error", () => {});
    return socket;
  } finally {
    await folder.close();
  }
}
