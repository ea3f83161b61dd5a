/**
 * What agents and control planes of the first version said, word for word. These texts are never edited: every later
 * version must read them, so that agents and control plane need not be upgraded in one moment.
 */
import { describe, expect, it } from "vitest";
import { reportInput, snapshot } from "./agent.ts";
import { guestImage, guestSpec } from "./guest.ts";

const guestId = "4b0a2c0e-5f5c-4a5e-8a55-0d5d3c1a2b01";
const other = "4b0a2c0e-5f5c-4a5e-8a55-0d5d3c1a2b02";

const firstReport = {
  version: 1,
  bootId: "0c0ffee0-1111-4222-8333-444455556666",
  sequence: 12,
  agentStartedAt: "2026-11-21T10:00:00.000Z",
  agentVersion: "0.1.0",
  driver: "libvirt-qemu",
  capabilities: {
    graphicalConsole: true,
    serialConsole: true,
    consoleLog: true,
    realDisks: true,
    acceleration: "tcg",
  },
  inventory: { vcpus: 2, ramMib: 24_000, diskGib: 100, cpuModel: "a processor", kernel: "6.1.0" },
  guests: [
    {
      guestId,
      generation: 3,
      observed: "running",
      stopCause: null,
      rebootSeq: 1,
      phase: null,
      percent: null,
      fault: null,
    },
    {
      guestId: other,
      generation: 1,
      observed: "stopped",
      stopCause: "shutdown",
      rebootSeq: 0,
      phase: "fetching-image",
      percent: 40,
      fault: {
        code: "Unavailable",
        reason: "imageFetch",
        message: "The image could not be fetched.",
        retry: "later",
      },
    },
  ],
  orphans: [{ guestId: other, name: "web", observed: "running" }],
  complete: true,
};

const firstSnapshot = {
  revision: "a".repeat(64),
  hypervisorId: "7d1f3b58-40f1-4d57-9d9f-2f6f3c0c9a10",
  guests: [
    {
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
      keys: [{ name: "laptop", publicKey: "ssh-ed25519 AAAA kim@laptop" }],
      userDataSha256: null,
      passwordHash: null,
      availabilityZone: "nova",
      launchIndex: 0,
    },
  ],
  consoles: [
    {
      id: "2d1f3b58-40f1-4d57-9d9f-2f6f3c0c9a11",
      guestId,
      kind: "serial",
      url: "wss://127.0.0.1:3001/console/2d1f3b58-40f1-4d57-9d9f-2f6f3c0c9a11",
      secret: "words",
    },
  ],
};

describe("the first version's words", () => {
  it("a report is understood as it was meant", () => {
    const read = reportInput.parse(firstReport);
    expect(read).toMatchObject(firstReport);
    expect(read.orphans).toEqual([{ ...firstReport.orphans[0], body: null, fault: null }]);
  });

  it("a snapshot orders nothing that it does not say", () => {
    const read = snapshot.parse(firstSnapshot);
    expect(read).toMatchObject(firstSnapshot);
    expect(read.orphanOrders).toEqual([]);
    expect(read.guests[0]).toMatchObject({ crashPolicy: "restart", operationId: null });
  });

  it("a guest without an image can be told only to who understands it: to others it would spoil all the rest", () => {
    const [guest] = firstSnapshot.guests;
    expect(
      snapshot.parse({ ...firstSnapshot, guests: [{ ...guest, image: null }] }).guests[0]?.image,
    ).toBeNull();
    // As the first agents read it.
    const before = guestSpec.extend({ image: guestImage });
    expect(before.safeParse({ ...guest, image: null }).success).toBe(false);
    expect(reportInput.parse(firstReport).capabilities.bootsFromVolume).toBeUndefined();
  });

  it("what a later version adds is passed over, not refused", () => {
    const [guest] = firstSnapshot.guests;
    const later = { ...firstSnapshot, more: true, guests: [{ ...guest, colour: "green" }] };
    expect(snapshot.parse(later).guests[0]).not.toHaveProperty("colour");
    expect(reportInput.parse({ ...firstReport, mood: "good" })).not.toHaveProperty("mood");
  });
});
