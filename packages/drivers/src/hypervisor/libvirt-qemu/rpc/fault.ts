/** libvirt's errors as ours. Codes: virErrorNumber of include/libvirt/virterror.h. */
import { CloudError } from "@madang/core/errors";
import { diskFull } from "../../../disk/disk-full.ts";
import type { XdrReader } from "./xdr.ts";

export type LibvirtFault = { code: number; origin: number; message: string };

export const libvirtCode = {
  noSupport: 3,
  noDomain: 42,
  operationInvalid: 55,
  configUnsupported: 67,
  operationTimeout: 68,
  noDomainMetadata: 80,
} as const;

/** The head of a remote_error; the rest (level, domain, three strings, network) says nothing more to us. */
export function readFault(reader: XdrReader): LibvirtFault {
  return { code: reader.int(), origin: reader.int(), message: reader.optionalString() ?? "no message" };
}

export function faultToCloudError(fault: LibvirtFault): CloudError {
  const detail = `libvirt ${fault.code}/${fault.origin}: ${fault.message}`;
  const cause = fault;
  if (/no space left on device|disk quota exceeded/i.test(fault.message)) return diskFull(detail, cause);
  if (/cannot allocate memory|out of memory/i.test(fault.message)) return memoryFull(detail, cause);
  if (/no more available pci slots/i.test(fault.message)) return slotsTaken(detail, cause);
  switch (fault.code) {
    case libvirtCode.noDomain:
      return new CloudError("NotFound", "The hypervisor has no such guest.", {
        reason: "GuestNotFound",
        detail,
        cause,
      });
    case libvirtCode.operationInvalid:
      return new CloudError("InvalidState", "The guest is not in a state that allows this.", {
        reason: "GuestState",
        detail,
        cause,
        retry: "later",
      });
    case libvirtCode.noSupport:
    case libvirtCode.configUnsupported:
      return new CloudError("Unsupported", "The hypervisor cannot run a guest like this.", {
        reason: "GuestUnsupported",
        detail,
        cause,
        retry: "elsewhere",
      });
    case libvirtCode.operationTimeout:
      return new CloudError("Unavailable", "The hypervisor took too long.", {
        reason: "HypervisorSlow",
        detail,
        cause,
        retry: "later",
      });
    default:
      return new CloudError("Internal", "The hypervisor could not do this.", {
        reason: "HypervisorFault",
        detail,
        cause,
        retry: "later",
      });
  }
}

function memoryFull(detail: string, cause: unknown): CloudError {
  return new CloudError("Unavailable", "The hypervisor has no memory left.", {
    reason: "MemoryFull",
    detail,
    cause,
    retry: "elsewhere",
  });
}

/** A guest that is started anew gets a slot more for each of its interfaces. */
function slotsTaken(detail: string, cause: unknown): CloudError {
  return new CloudError("InvalidState", "The guest has no free slot until it is stopped and started.", {
    reason: "NoFreeSlot",
    detail,
    cause,
    retry: "later",
  });
}

export function disconnected(detail: string): CloudError {
  return new CloudError("Unavailable", "The hypervisor's libvirt does not answer.", {
    reason: "HypervisorUnavailable",
    detail,
    retry: "later",
  });
}

/** Was it this libvirt error? */
export function isLibvirtCode(error: unknown, code: number): boolean {
  if (!(error instanceof CloudError)) return false;
  const { cause } = error;
  return typeof cause === "object" && cause !== null && "code" in cause && cause.code === code;
}
