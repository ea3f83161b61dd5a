/** What an image is, from what its rows say; the words are Glance's. */
export const imageStatuses = ["queued", "saving", "importing", "active", "deactivated", "killed"] as const;
export type ImageStatus = (typeof imageStatuses)[number];

export type ImageView = {
  deactivated: boolean;
  /** Bytes have come. */
  uploadedBytes: number;
  /** All of them have. */
  uploadEnded: boolean;
  /** Its file is in the store. */
  stored: boolean;
  failed: boolean;
};

export function deriveImageStatus(image: ImageView): ImageStatus {
  if (image.failed) return "killed";
  if (image.stored) return image.deactivated ? "deactivated" : "active";
  if (image.uploadEnded) return "importing";
  return image.uploadedBytes > 0 ? "saving" : "queued";
}

export const imageVisibilities = ["private", "shared", "community", "public"] as const;
export type ImageVisibility = (typeof imageVisibilities)[number];

/** Whose images a project looks for: its own, shared with it by another, anybody's for everybody, the cloud's for everybody. */
export const imageOwners = ["mine", "shared", "community", "cloud"] as const;
export type ImageOwner = (typeof imageOwners)[number];

/** How long an upload may stand still before its bytes are thrown away, ms. */
export const uploadExpiresMs = 24 * 3_600_000;
