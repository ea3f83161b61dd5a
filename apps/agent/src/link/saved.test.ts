import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Snapshot } from "@madang/core/wire/agent";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadSnapshot, readBootId, saveSnapshot } from "./saved.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "madang-saved-"));
});
afterEach(() => rm(directory, { recursive: true }));

const snapshot: Snapshot = {
  revision: "r1",
  hypervisorId: crypto.randomUUID(),
  guests: [],
  consoles: [],
  orphanOrders: [],
};

it("counts only in the boot in which it was fetched", async () => {
  const boot = await readBootId();
  expect(await loadSnapshot(directory, boot)).toBeNull();
  await saveSnapshot(directory, boot, snapshot);
  expect(await loadSnapshot(directory, boot)).toEqual(snapshot);
  expect(await loadSnapshot(directory, crypto.randomUUID())).toBeNull();
});

it("is readable by nobody else, whole, and leaves nothing half written", async () => {
  const boot = crypto.randomUUID();
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      saveSnapshot(directory, boot, { ...snapshot, revision: `r${index}` }),
    ),
  );
  expect(await readdir(directory)).toEqual(["snapshot.json"]);
  expect((await stat(join(directory, "snapshot.json"))).mode & 0o777).toBe(0o600);
  expect((await loadSnapshot(directory, boot))?.revision).toMatch(/^r\d+$/);
});

it("is as good as none when it cannot be read", async () => {
  await writeFile(join(directory, "snapshot.json"), '{"bootId":');
  expect(await loadSnapshot(directory, crypto.randomUUID())).toBeNull();
});
