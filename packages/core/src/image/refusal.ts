/** Why a file is no image of ours. Each reason has its words in the catalogues. */
import { CloudError } from "../errors.ts";
import type { ImageFormat } from "./format.ts";

type Params = Record<string, string | number>;

function refusal(reason: string, message: string, params: Params = {}): CloudError {
  return new CloudError("InvalidInput", `This disk image can't be used: ${message}`, {
    reason,
    params,
    field: "file",
  });
}

export const emptyImage = () => refusal("imageEmpty", "the file is empty.");

/** `what`: for operators and tests, in English. */
export function damagedImage(format: ImageFormat, what: string): CloudError {
  return refusal("imageDamaged", `it is no sound ${format} file (${what}).`, { format, what });
}

/** A backing file, an external data file, a parent: whatever else than itself it would have us read. */
export function dependentImage(format: ImageFormat, what: string): CloudError {
  return refusal("imageDependent", `it refers to another file (${what}).`, { format, what });
}

export function encryptedImage(format: ImageFormat): CloudError {
  return refusal("imageEncrypted", "it is encrypted.", { format });
}

export function unknownImage(): CloudError {
  return refusal("imageUnknownFormat", "its format is not known.");
}

export function mixedImage(formats: readonly string[]): CloudError {
  const named = formats.join(", ");
  return refusal("imageMixedFormats", `it can be read as several formats: ${named}.`, { formats: named });
}

export function otherImage(declared: ImageFormat, found: string): CloudError {
  return refusal("imageOtherFormat", `it was said to be ${declared}, but is ${found}.`, { declared, found });
}

export function bannedImage(format: string): CloudError {
  return refusal("imageBannedFormat", `${format} files are not taken.`, { format });
}

export function expandingImage(bytes: number): CloudError {
  const gib = Math.ceil(bytes / 1024 ** 3);
  return refusal("imageExpands", `it would grow to ${gib} GiB, far more than it brings.`, { gib });
}

export function hugeImage(limit: number): CloudError {
  const gib = Math.floor(limit / 1024 ** 3);
  return refusal("imageTooLarge", `it is larger than ${gib} GiB.`, { gib });
}
