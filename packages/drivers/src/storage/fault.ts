/** What can be wrong with a volume, in words that its owner may see. */
import { CloudError } from "@madang/core/errors";

export function volumeLost(detail: string): CloudError {
  return new CloudError(
    "InvalidState",
    "The volume is gone from its hypervisor; nothing was put in its place.",
    { reason: "VolumeLost", detail, retry: "never" },
  );
}

export function volumeBusy(detail: string, cause?: unknown): CloudError {
  return new CloudError("Unavailable", "Something else is using the volume at the moment.", {
    reason: "VolumeBusy",
    detail,
    cause,
    retry: "later",
  });
}

/** The image that a volume was made from: the same call with its file puts it back. */
export function baseMissing(path: string): CloudError {
  return new CloudError("Unavailable", "The image under the volume is gone from its hypervisor.", {
    reason: "BaseMissing",
    detail: `${path} is missing`,
    retry: "later",
  });
}

export function snapshotMissing(snapshotId: string): CloudError {
  return new CloudError("InvalidState", "The volume has no such snapshot.", {
    reason: "SnapshotMissing",
    detail: `no snapshot ${snapshotId}`,
    retry: "never",
  });
}

/** On this hypervisor; another may have it. */
export function sourceMissing(detail: string): CloudError {
  return new CloudError("InvalidState", "What the volume is to be made from is not there.", {
    reason: "SourceMissing",
    detail,
    retry: "elsewhere",
  });
}

export function sourceLarger(sourceBytes: number, sizeBytes: number): CloudError {
  return new CloudError("InvalidState", "What the volume is to be made from is larger than the volume.", {
    reason: "SourceLarger",
    detail: `${sourceBytes} bytes do not fit in ${sizeBytes}`,
    retry: "never",
  });
}
