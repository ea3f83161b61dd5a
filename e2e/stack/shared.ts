import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type SharedCloud = { url: string; data: string; adminPassword: string; memberPassword: string };

/** Where global setup tells the journeys which cloud is theirs. */
export const sharedCloudFile = join(tmpdir(), `madang-e2e-cloud-${process.getuid?.() ?? 0}.json`);

export function sharedCloud(): SharedCloud {
  return JSON.parse(readFileSync(sharedCloudFile, "utf8"));
}
