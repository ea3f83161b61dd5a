/** What a real guest says on its serial line, from the file that virtlogd writes for it. */
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type pg from "pg";
import type { Stand } from "../stand/stand.ts";

const patienceMs = 180_000;
/** So often it is looked at, ms: as exact as what is measured by it. */
const lookEveryMs = 4;

/** The file, once it is there. */
export async function serialLogOf({ cloud, database }: Stand, instanceId: string): Promise<string> {
  const folder = join(cloud.data, "agent");
  for (const limit = Date.now() + patienceMs; Date.now() < limit; await pause(50)) {
    const id = await guestOf(database, instanceId);
    const files = id === null ? [] : await readdir(folder, { recursive: true });
    const log = files.find((file) => file.includes(id ?? "?") && /(serial|console)[^/]*log/.test(file));
    if (log) return join(folder, log);
  }
  throw new Error("the guest has no serial log");
}

async function guestOf(database: pg.Pool, instanceId: string): Promise<string | null> {
  const { rows } = await database.query<{ id: string }>(`SELECT id FROM guest WHERE instance_id = $1`, [
    instanceId,
  ]);
  return rows[0]?.id ?? null;
}

export type SerialLine = {
  /** Waits until it was said after what was seen last; answers when that was found, on the clock of `performance`. */
  see: (text: string) => Promise<number>;
  close: () => Promise<void>;
};

export async function openSerialLine(path: string): Promise<SerialLine> {
  const file = await open(path, "r");
  let [shown, place] = ["", 0];
  const read = async () => {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(65_536), 0, 65_536, place);
    place += bytesRead;
    shown += buffer.toString("latin1", 0, bytesRead);
  };
  return {
    see: async (text) => {
      for (const limit = Date.now() + patienceMs; Date.now() < limit; await pause(lookEveryMs)) {
        await read();
        const found = shown.indexOf(text);
        if (found < 0) continue;
        shown = shown.slice(found + text.length);
        return performance.now();
      }
      throw new Error(`the guest never said ${text}; the end of it: ${shown.slice(-500)}`);
    },
    close: () => file.close(),
  };
}
