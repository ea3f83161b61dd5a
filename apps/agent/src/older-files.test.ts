/** The files that an agent of the first version left behind, word for word; these texts are never edited. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openMemory } from "./converge/memory.ts";
import { loadSnapshot } from "./link/saved.ts";
import { loadIdentity } from "./link/tls.ts";

const guestId = "4b0a2c0e-5f5c-4a5e-8a55-0d5d3c1a2b01";
const bootId = "0c0ffee0-1111-4222-8333-444455556666";
const hypervisorId = "7d1f3b58-40f1-4d57-9d9f-2f6f3c0c9a10";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "madang-older-"));
  await mkdir(directory, { recursive: true });
});
afterEach(() => rm(directory, { recursive: true }));

const leave = (name: string, content: object) => writeFile(join(directory, name), JSON.stringify(content));

it("who it is", async () => {
  const identity = { hypervisorId, key: "a key", certificate: "a certificate", ca: "an authority" };
  await leave("identity.json", identity);
  expect(await loadIdentity(directory)).toEqual(identity);
});

it("what it was told", async () => {
  const guest = {
    guestId,
    instanceId: "1c8f0b1a-6a44-4f0e-9c59-6a1d1a7e0001",
    projectId: "1c8f0b1a-6a44-4f0e-9c59-6a1d1a7e0002",
    generation: 3,
    desired: "running",
    rebootSeq: 1,
    rebootKind: "soft",
    hostname: "web",
    vcpus: 1,
    ramMib: 128,
    diskGib: 1,
    machineType: "pc-q35-7.2",
    image: { sha256: "b".repeat(64), sizeBytes: 19_000_000, virtualSizeBytes: 77_000_000, format: "qcow2" },
    keys: [],
    userDataSha256: null,
    passwordHash: null,
    availabilityZone: "nova",
    launchIndex: 0,
  };
  await leave("snapshot.json", {
    bootId,
    snapshot: { revision: "a".repeat(64), hypervisorId, guests: [guest], consoles: [] },
  });
  expect(await loadSnapshot(directory, bootId)).toMatchObject({ guests: [guest], orphanOrders: [] });
});

it("which of its guests ran, so that their own power-off is still respected", async () => {
  await leave("guests.json", { [guestId]: { ranGeneration: 3, ackedGeneration: 3 } });
  const memory = await openMemory(directory);
  expect(memory.get(guestId)).toMatchObject({ ranGeneration: 3, ackedGeneration: 3 });
});
