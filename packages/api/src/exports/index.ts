import { auditExport } from "./audit.ts";
import { cloudLists } from "./cloud-lists.ts";
import type { AnyExport } from "./export.ts";
import { projectLists } from "./project-lists.ts";
import { usageExport } from "./usage.ts";

/** By the name in the address: /api/export/<name>.csv */
export const exportKinds: Readonly<Record<string, AnyExport>> = {
  audit: auditExport,
  usage: usageExport,
  ...projectLists,
  ...cloudLists,
};
