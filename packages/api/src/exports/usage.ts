import { readUsage, type UsagePoint, usageInput } from "../reads/usage.ts";
import { exportOf } from "./export.ts";

/** As the chart shows it: hours, or days when they are many. -1 as limit is unlimited; ram is in MiB. */
export const usageExport = exportOf({
  permission: "usage:read",
  path: "project.usage",
  input: usageInput,
  columns: ["time", "resource", "in_use", "limit"],
  pages: async function* (database, input) {
    const { points } = await readUsage(database, input);
    yield points.map(({ at, inUse, limit }: UsagePoint) => ({
      time: at.toISOString(),
      resource: input.resource,
      in_use: inUse,
      limit,
    }));
  },
});
