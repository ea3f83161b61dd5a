/** What is kept beside a guest so that it can be taken over again when nobody knows it any more. No secret is in it. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { bodyOf, type GuestBody, guestBody } from "@madang/core/wire/guest";
import { z } from "zod";
import { exists, moveIntoPlace } from "../../disk/owned-file.ts";
import { diskError } from "../../disk/run-program.ts";
import type { GuestOrder } from "../driver.ts";
import { type GuestFiles, guestFiles } from "./guest-files.ts";

/** Does nothing when it says the same already, or when there is nothing to say. The guest's folder must be there. */
export async function writeBody(files: GuestFiles, { spec }: GuestOrder): Promise<void> {
  const body = bodyOf(spec);
  if (body === null) return;
  const text = JSON.stringify(body);
  try {
    if ((await readText(files.body)) === text) return;
    const part = `${files.body}.new`;
    await writeFile(part, text, { mode: 0o600 });
    await moveIntoPlace(part, files.body);
  } catch (error) {
    throw diskError(error, "writing what the guest is");
  }
}

/** Null when there is none, or none that can be read. */
export async function readBody(instancesDir: string, guestId: string): Promise<GuestBody | null> {
  if (!z.uuid().safeParse(guestId).success) return null;
  const text = await readText(guestFiles(instancesDir, guestId).body);
  try {
    return text === null ? null : guestBody.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Guests whose definition is gone and whose disk is still there, by id with what is known of them. */
export async function undefinedGuests(
  instancesDir: string,
  defined: ReadonlySet<string>,
): Promise<{ guestId: string; body: GuestBody }[]> {
  const folders = (await readdir(instancesDir)).filter((name) => !defined.has(name));
  const found = await Promise.all(
    folders.map(async (guestId) => {
      const body = await readBody(instancesDir, guestId);
      return body && (await exists(guestFiles(instancesDir, guestId).disk)) ? { guestId, body } : null;
    }),
  );
  return found.filter((one) => one !== null);
}

async function readText(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
}
