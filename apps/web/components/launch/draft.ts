/**
 * What was filled in, kept in this browser over reloads and an ended session; never the password. The ids of the
 * instances-to-be are part of it, so that sending the same draft twice makes them once.
 */
import { launchCountLimit } from "@madang/core/instance/launch";
import { crashPolicy } from "@madang/core/wire/guest";
import { z } from "zod";
import { readStored, writeStored } from "../../lib/stored.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { bootField, diskField, emptyBoot } from "./disks.ts";
import { emptyLaunch, type LaunchForm } from "./form-schema.ts";

const draft = z.object({
  values: z.object({
    name: z.string(),
    count: z.number().nullable().catch(1),
    imageId: z.string(),
    boot: bootField.catch(emptyBoot),
    disks: z.array(diskField.extend({ name: z.string() })).catch([]),
    flavorId: z.string(),
    keyPairId: z.string(),
    userData: z.string(),
    availabilityZone: z.string().catch(""),
    deleteProtection: z.boolean(),
    crashPolicy: crashPolicy.catch("restart"),
    networks: z
      .array(z.object({ kind: z.enum(["network", "port"]), id: z.string(), address: z.string() }))
      .catch([]),
    securityGroupIds: z.array(z.string()).catch([]),
    reachable: z.boolean().catch(false),
  }),
  ids: z.array(z.uuid()).length(launchCountLimit),
});
export type Draft = { values: LaunchForm; ids: string[] };

function keyOf(userId: string, projectId: string): string {
  return `madang-launch-draft:${userId}:${projectId}`;
}

export function freshIds(): string[] {
  return Array.from({ length: launchCountLimit }, uuidV7);
}

export function readDraft(userId: string, projectId: string): Draft {
  const kept = readStored(keyOf(userId, projectId), draft);
  if (!kept) return { values: emptyLaunch, ids: freshIds() };
  return { values: { ...emptyLaunch, ...kept.values, count: kept.values.count ?? 1 }, ids: kept.ids };
}

export function writeDraft(userId: string, projectId: string, { values, ids }: Draft): void {
  const { password: _password, ...rest } = values;
  writeStored(keyOf(userId, projectId), { values: rest, ids });
}

export function dropDraft(userId: string, projectId: string): void {
  writeStored(keyOf(userId, projectId), null);
}
