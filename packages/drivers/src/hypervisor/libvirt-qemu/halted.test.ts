import { describe, expect, it } from "vitest";
import { diskXml } from "./disk-xml.ts";
import { resumeHalted } from "./halted.ts";

const domain = { name: "madang-x", uuid: Buffer.alloc(16), id: 1 };
const metadata = { instance: "", project: "", hostname: "", rebootSeq: 0, stopping: false, freezing: false };
const guest = { id: "x", domain, metadata };
const volume = {
  ...{
    attachmentId: crypto.randomUUID(),
    volumeId: crypto.randomUUID(),
    readOnly: false,
    boot: false,
    qos: {},
  },
  connection: { kind: "file" as const, path: "/v", format: "qcow2" as const, backing: null },
};
const domainWith = (disk: string) => `<domain><devices>${disk}</devices></domain>`;
const ioError = { state: 3, reason: 5 };
const running = { state: 1, reason: 1 };

/** A guest that goes on at the `mendedAt`th try. */
function libvirt(mendedAt: number, isFull: boolean) {
  let resumed = 0;
  const calls: string[] = [];
  const domains = {
    liveXml: async () => domainWith(diskXml(volume, "vdc")),
    state: async () => (resumed < mendedAt ? ioError : running),
    resume: async () => {
      resumed++;
      calls.push("resume");
    },
  };
  const disks = { errors: async () => [{ target: "vdc", isFull }] };
  const resume = (wanted: readonly (typeof volume)[] = [volume]) =>
    resumeHalted({ domains, disks }, guest, wanted, AbortSignal.timeout(60_000));
  return { calls, resume };
}

describe("a guest that its storage paused", () => {
  it("is let go on, and watched for a while", async () => {
    const { calls, resume } = libvirt(1, false);
    await resume();
    expect(calls).toEqual(["resume"]);
  });

  it.each([
    [false, "StorageUnreachable"],
    [true, "GuestHalted"],
  ])("says why it still stands (full: %s), and goes on at a later try", async (isFull, reason) => {
    const { calls, resume } = libvirt(2, isFull);
    await expect(resume()).rejects.toMatchObject({
      code: "Unavailable",
      options: { reason, retry: "later" },
    });
    await resume();
    await resume();
    expect(calls).toEqual(["resume", "resume"]);
  });

  it.each([
    [false, "HaltedHoldsDisk"],
    [true, "GuestHalted"],
  ])("says that it must end to let go of what is to be detached (full: %s)", async (isFull, reason) => {
    const { resume } = libvirt(2, isFull);
    await expect(resume([])).rejects.toMatchObject({ options: { reason, retry: "later" } });
  });
});
