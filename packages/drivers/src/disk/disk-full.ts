import { CloudError } from "@madang/core/errors";

const diskFullReason = "DiskFull";

export function isDiskFull(error: unknown): boolean {
  return error instanceof CloudError && error.options.reason === diskFullReason;
}

export function diskFull(detail: string, cause?: unknown): CloudError {
  return new CloudError("Unavailable", "The hypervisor's disk is full.", {
    reason: diskFullReason,
    detail,
    cause,
    retry: "elsewhere",
  });
}
