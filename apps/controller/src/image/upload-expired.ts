import { CloudError } from "@madang/core/errors";
import { uploadExpiresMs } from "@madang/core/image/status";

export function uploadExpired(): CloudError {
  const hours = uploadExpiresMs / 3_600_000;
  return new CloudError("InvalidState", `Nothing of the file arrived for ${hours} hours.`, {
    reason: "imageUploadExpired",
    params: { hours },
  });
}
