/** Where the database is, for commands that people run by hand: as set, or the embedded one of the data folder. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const ports = z.object({ postgres: z.int() });

/** Throws Error with what to do when there is neither. */
export async function findDatabase(given: string | undefined, data: string): Promise<string> {
  if (given) return given;
  try {
    const { postgres } = ports.parse(JSON.parse(await readFile(join(data, "ports.json"), "utf8")));
    const password = (await readFile(join(data, "secrets", "postgres.password"), "utf8")).trim();
    return `postgresql://madang:${password}@127.0.0.1:${postgres}/madang`;
  } catch (cause) {
    throw new Error(
      `There is no database below ${data}. Run npm start first, or set MADANG_DATA or DATABASE_URL.`,
      { cause },
    );
  }
}
