/** The oracle of the simulator keeps what was written by itself, and follows its snapshots by the driver's own calls. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pattern, StorageHarness } from "../contract.ts";
import type { StorageDriver } from "../driver.ts";
import { openSimulatedStorage } from "../fake.ts";

const mib = 1024 ** 2;
const imagePattern = { atMib: 0, byte: 0x42 };

export async function simulatedStorageHarness(): Promise<StorageHarness> {
  const folder = await mkdtemp(join(tmpdir(), "madang-volumes-"));
  const stateFile = join(folder, "volumes.json");
  const inner = openSimulatedStorage({ stateFile, totalBytes: 1024 * mib });
  const content = contentOf(inner);
  return {
    driver: content.driver,
    image: {
      source: { kind: "image", sha256: "0".repeat(64), sizeBytes: mib, virtualSizeBytes: mib, format: "raw" },
      path: null,
      pattern: imagePattern,
    },
    // It remembers what it read, so it must be told in one process.
    reopen: async () => {
      await content.driver.list();
      const next = openSimulatedStorage({ stateFile, totalBytes: 1024 * mib });
      return { ...content.driver, observe: next.observe };
    },
    write: async (volumeId, { atMib, byte }) => void content.of(volumeId).set(atMib, byte),
    expectPattern: async (volumeId, { atMib, byte }) => {
      const found = content.of(volumeId).get(atMib) ?? 0;
      if (found !== byte) throw new Error(`${found} at ${atMib} MiB, not ${byte}`);
    },
    sizeOf: async (volumeId) => (await inner.observe(volumeId))?.sizeBytes ?? null,
    lose: async (volumeId) => inner.lose(volumeId),
    fill: async (isFull) => void Object.assign(inner.knobs, { full: isFull }),
    leftovers: async (volumeId) =>
      (await inner.list()).filter((one) => one.volumeId === volumeId).map((one) => one.volumeId),
    close: async () => {
      await inner.close();
      await rm(folder, { recursive: true });
    },
  };
}

type Bytes = Map<Pattern["atMib"], Pattern["byte"]>;

/** What a simulated volume would hold if it held anything. */
function contentOf(inner: StorageDriver) {
  const volumes = new Map<string, Bytes>();
  const kept = new Map<string, Bytes>();
  const of = (volumeId: string): Bytes => {
    const found = volumes.get(volumeId) ?? new Map();
    volumes.set(volumeId, found);
    return found;
  };
  const keep = (volumeId: string, id: string) => {
    const name = `${volumeId} ${id}`;
    if (!kept.has(name)) kept.set(name, new Map(of(volumeId)));
  };
  const filled = (volumeId: string, source: { volumeId: string; id: string }) =>
    volumes.set(volumeId, new Map(kept.get(`${source.volumeId} ${source.id}`)));
  const driver: StorageDriver = {
    ...inner,
    async ensure(order, how) {
      const { volumeId, source } = order.spec;
      const before = await inner.observe(volumeId);
      const made = await inner.ensure(order, how);
      if (before) return made;
      if (source.kind === "image") of(volumeId).set(imagePattern.atMib, imagePattern.byte);
      if (source.kind === "snapshot") filled(volumeId, { ...source, id: source.snapshotId });
      if (source.kind === "volume") filled(volumeId, { ...source, id: volumeId });
      return made;
    },
    async snapshot(volumeId, snapshotId) {
      await inner.snapshot(volumeId, snapshotId);
      keep(volumeId, snapshotId);
    },
    async beginCopy(volumeId, into) {
      await inner.beginCopy(volumeId, into);
      keep(volumeId, into);
    },
    async revert(volumeId, revert) {
      const before = (await inner.observe(volumeId))?.revertSeq ?? 0;
      await inner.revert(volumeId, revert);
      if (revert.seq > before) filled(volumeId, { volumeId, id: revert.snapshotId });
    },
  };
  return { driver, of };
}
