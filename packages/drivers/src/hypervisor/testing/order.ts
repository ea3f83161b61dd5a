import { randomUUID } from "node:crypto";
import type { GuestOrder } from "../driver.ts";

type Change = Pick<GuestOrder, "imagePath"> & Partial<GuestOrder["spec"]> & { userData?: Uint8Array };

const mib = 1024 ** 2;

/** A small guest that runs the tiny image. */
export function testOrder({ imagePath, userData, ...change }: Change): GuestOrder {
  const guestId = randomUUID();
  return {
    imagePath,
    userData: userData ?? null,
    made: false,
    spec: {
      guestId,
      instanceId: randomUUID(),
      projectId: randomUUID(),
      generation: 1,
      desired: "running",
      rebootSeq: 0,
      rebootKind: "soft",
      crashPolicy: "restart",
      operationId: null,
      hostname: `web-${guestId.slice(0, 8)}`,
      vcpus: 1,
      ramMib: 128,
      diskGib: 0,
      machineType: "pc-q35-7.2",
      image: { sha256: "0".repeat(64), sizeBytes: 18 * mib, virtualSizeBytes: 74 * mib, format: "qcow2" },
      keys: [],
      userDataSha256: null,
      passwordHash: null,
      availabilityZone: "nova",
      launchIndex: 0,
      nics: [],
      ...change,
    },
  };
}
