import { expect, it } from "vitest";
import { faultToCloudError } from "./fault.ts";

/** As libvirt 9.0 words them, all under the code of an internal error. */
const rows = [
  ["internal error: No more available PCI slots", "NoFreeSlot", "later"],
  ["cannot write: No space left on device", "DiskFull", "elsewhere"],
  ["cannot set up guest memory: Cannot allocate memory", "MemoryFull", "elsewhere"],
  ["internal error: something else", "HypervisorFault", "later"],
] as const;

it.each(rows)("tells '%s' as %s", (message, reason, retry) => {
  expect(faultToCloudError({ code: 1, origin: 10, message })).toMatchObject({ options: { reason, retry } });
});
