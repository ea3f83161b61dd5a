import type { Permission } from "../identity/permission.ts";

/** Kinds of long work that can be given up midway, and what one must be allowed to do for it: what is done instead. */
export const cancelPermissions = {
  "image.upload": "image:delete",
  "image.fetch": "image:delete",
  "image.make": "image:delete",
  "volume.create": "volume:delete",
  "volume.revert": "volume:update",
  "instance.bulk.start": "instance:power",
  "instance.bulk.stop": "instance:power",
  "instance.bulk.reboot": "instance:power",
  "instance.bulk.hard-reboot": "instance:power",
  "instance.bulk.delete": "instance:delete",
  "instance.bulk.soft-delete": "instance:delete",
} as const satisfies { readonly [kind: string]: Permission };

export type CancellableKind = keyof typeof cancelPermissions;

export function isCancellable(kind: string): kind is CancellableKind {
  return Object.hasOwn(cancelPermissions, kind);
}
