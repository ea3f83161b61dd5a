import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import PQueue from "p-queue";
import { pino } from "pino";
import { expect, it, vi } from "vitest";
import { type Disks, noDisks } from "../storage/disks.ts";
import { scriptedDriver, spec } from "../testing/scripted-driver.ts";
import { createGuestWorker } from "./guest.ts";
import { openMemory } from "./memory.ts";
import { noPorts, type Ports } from "./ports.ts";

const nic = (portId: string) => ({
  ...{ portId, networkId: "net", mac: `mac-${portId}`, mtu: 1442, addresses: [], metadata: null },
});
const wanted = [nic("a"), nic("b")];

it("a running guest lets go of what was torn off it, and only of that, before it is given all of it", async () => {
  const directory = await mkdtemp(join(tmpdir(), "madang-torn-"));
  const driver = scriptedDriver();
  const given: string[][] = [];
  const disk = { attachmentId: "at", volumeId: "vol", readOnly: false, boot: false, qos: {} };
  const volume = { ...disk, connection: { kind: "simulated" as const } };
  let isLocked = false;
  driver.during = async ({ nics = [], disks }) => {
    expect({ disks, isLocked }).toEqual({ disks: [volume], isLocked: true });
    given.push(nics.map(({ portId }) => portId));
  };
  const disks: Disks = {
    ...noDisks(),
    connect: async () => [volume],
    during: async (_disks, _seen, _signal, work) => {
      isLocked = true;
      return work().finally(() => {
        isLocked = false;
      });
    },
  };
  let torn: string[] = [];
  const ports: Ports = {
    ...noPorts(true),
    plug: async (nics) => nics.map((one) => ({ ...one, device: `tap-${one.portId}`, offloads: false })),
    differ: () => torn.length > 0,
    torn: async (seen) => (seen?.observed === "running" ? torn.splice(0) : []),
  };
  const worker = createGuestWorker(
    {
      driver,
      memory: await openMemory(directory),
      bootId: crypto.randomUUID(),
      image: async () => null,
      imagePath: () => null,
      userData: async () => new Uint8Array(),
      ports,
      disks,
      booting: new PQueue({ concurrency: 1 }),
      onChange: () => {},
      log: pino({ level: "silent" }),
    },
    spec({ nics: wanted, disks: [disk] }),
  );
  worker.look();
  const times = (count: number) =>
    vi.waitFor(() => expect(given).toHaveLength(count), { timeout: 30_000, interval: 5 });
  await times(1);
  torn = ["a"];
  worker.look();
  await times(3);
  expect(given).toEqual([["a", "b"], ["b"], ["a", "b"]]);
  await worker.stop();
  await rm(directory, { recursive: true });
});
