import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Snapshot } from "@madang/core/wire/agent";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { loadSnapshot, readJson, saveSnapshot, writePrivate } from "../link/saved.ts";
import { canMount, openSmallDisk, type SmallDisk } from "../testing/small-disk.ts";
import { openImageCache } from "./image.ts";
import { openMemory } from "./memory.ts";
import { openUserData } from "./user-data.ts";

const mib = 1024 ** 2;
const signal = new AbortController().signal;
const bootId = crypto.randomUUID();
const note = { ranGeneration: 1, ranBootId: bootId, ackedGeneration: 1, made: true };

function imageOf(bytes: number) {
  const body = randomBytes(bytes);
  const sha256 = createHash("sha256").update(body).digest("hex");
  return { body, source: { sha256, sizeBytes: bytes } };
}

async function* inPieces(body: Buffer) {
  for (let at = 0; at < body.length; at += 65_536) yield body.subarray(at, at + 65_536);
}

const snapshotOf = (revision: string): Snapshot => ({
  revision,
  hypervisorId: crypto.randomUUID(),
  guests: [],
  consoles: [],
  orphanOrders: [],
});

// Mounting a file system needs root and CAP_SYS_ADMIN.
describe.skipIf(!canMount)("an agent whose disk is full", () => {
  let disk: SmallDisk;
  beforeEach(() => {
    disk = openSmallDisk(4);
  });
  afterEach(() => disk.close());

  it("says that the image does not fit, leaves nothing of it, and fetches it when there is room", async () => {
    const { body, source } = imageOf(3 * mib);
    const images = await openImageCache(join(disk.path, "images"), async () => inPieces(body));
    await disk.fill();
    await expect(images.ensure(source, () => {}, signal)).rejects.toMatchObject({
      code: "Unavailable",
      options: { reason: "imageSpace", retry: "elsewhere" },
    });
    expect(await readdir(join(disk.path, "images"))).toEqual([]);
    disk.free();
    const path = await images.ensure(source, () => {}, signal);
    expect(
      createHash("sha256")
        .update(await readFile(path))
        .digest("hex"),
    ).toBe(source.sha256);
    const second = imageOf(2 * mib);
    const more = await openImageCache(join(disk.path, "images"), async () => inPieces(second.body));
    await expect(more.ensure(second.source, () => {}, signal)).rejects.toMatchObject({
      options: { reason: "imageSpace" },
    });
    expect(await readdir(join(disk.path, "images"))).toEqual([source.sha256]);
  });

  it("keeps no orders rather than old ones, and what it has written before stays whole", async () => {
    const path = join(disk.path, "kept.json");
    await writePrivate(path, JSON.stringify({ whole: true }));
    expect(await saveSnapshot(disk.path, bootId, snapshotOf("first"))).toBe(true);
    await disk.fill();
    await expect(writePrivate(path, "x".repeat(100_000))).rejects.toMatchObject({ code: "ENOSPC" });
    expect(await readJson(path, z.object({ whole: z.boolean() }))).toEqual({ whole: true });
    const large = { ...snapshotOf("second"), consoles: manyConsoles() };
    expect(await saveSnapshot(disk.path, bootId, large)).toBe(false);
    expect(await loadSnapshot(disk.path, bootId)).toBeNull();
    expect((await readdir(disk.path)).toSorted()).toEqual(["filler", "kept.json"]);
    disk.free();
    expect(await saveSnapshot(disk.path, bootId, large)).toBe(true);
    expect((await loadSnapshot(disk.path, bootId))?.revision).toBe("second");
  });

  it("goes on from memory, and writes down all of it as soon as there is room", async () => {
    const memory = await openMemory(disk.path);
    const ids = Array.from({ length: 200 }, () => crypto.randomUUID());
    await memory.set(ids[0] ?? "", note);
    await disk.fill();
    for (const id of ids) await memory.set(id, { ...note, ackedGeneration: 7 });
    expect(memory.get(ids[199] ?? "")).toMatchObject({ ackedGeneration: 7 });
    // What is on the disk is what was whole.
    expect((await openMemory(disk.path)).get(ids[199] ?? "").ackedGeneration).toBeNull();
    disk.free();
    await memory.set(crypto.randomUUID(), note);
    const again = await openMemory(disk.path);
    for (const id of ids) expect(again.get(id)).toMatchObject({ ackedGeneration: 7 });
  });

  it("hands user data on although it can't keep it", async () => {
    const content = randomBytes(40_000);
    const sha256 = createHash("sha256").update(content).digest("hex");
    let fetched = 0;
    const store = openUserData(join(disk.path, "user-data"), async () => {
      fetched += 1;
      return content;
    });
    await disk.fill();
    expect(Buffer.from(await store.get(sha256, signal)).equals(content)).toBe(true);
    disk.free();
    await store.get(sha256, signal);
    await store.get(sha256, signal);
    expect(fetched).toBe(2);
    expect(await readdir(join(disk.path, "user-data"))).toEqual([sha256]);
  });
});

function manyConsoles(): Snapshot["consoles"] {
  const secret = "s".repeat(43);
  return Array.from({ length: 300 }, () => {
    const id = crypto.randomUUID();
    return { id, guestId: crypto.randomUUID(), kind: "vnc", url: `wss://localhost/console/${id}`, secret };
  });
}
