/** What is being asked for, as typed; the reason is kept in this browser until it is sent. */
import { limits, reasonLimit, requestReason } from "@madang/core/quota/request";
import {
  isQuotaResource,
  type Limits,
  type QuotaResource,
  quotaResources,
  ruleOf,
} from "@madang/core/quota/resource";
import { z } from "zod";
import { readStored, writeStored } from "../../lib/stored.ts";

export type RequestDraft = { asked: Record<string, string>; reason: string };
export type RequestFaults = { asked: Record<string, string>; reason?: string; form?: string };

const keyOf = (userId: string, projectId: string) => `madang-quota-reason:${userId}:${projectId}`;

export function readReason(userId: string, projectId: string): string {
  return readStored(keyOf(userId, projectId), z.string().max(reasonLimit * 2)) ?? "";
}

export function keepReason(userId: string, projectId: string, reason: string | null): void {
  writeStored(keyOf(userId, projectId), reason || null);
}

/** Nobody thinks in MiB: what is counted in them is typed in GiB. */
function perTyped(resource: string): number {
  return isQuotaResource(resource) && ruleOf(resource).unit === "MiB" ? 1024 : 1;
}

export function typedLimits(asked: Limits): Record<string, string> {
  const typed = (resource: string, limit: number) => String(limit < 0 ? limit : limit / perTyped(resource));
  return Object.fromEntries(
    Object.entries(asked).map(([resource, limit]) => [resource, typed(resource, limit)]),
  );
}

type Parsed = { ok: true; asked: Limits; reason: string } | { ok: false; faults: RequestFaults };

/** Empty fields ask for nothing. Faults are keys of `validation`. */
export function parseDraft(draft: RequestDraft): Parsed {
  const typed = quotaResources.filter((resource) => (draft.asked[resource] ?? "").trim() !== "");
  const asked = limits.safeParse(
    Object.fromEntries(typed.map((resource) => [resource, numberOf(draft, resource)])),
  );
  const reason = requestReason.safeParse(draft.reason);
  if (asked.success && reason.success) return { ok: true, asked: asked.data, reason: reason.data };
  const faults: RequestFaults = { asked: {} };
  for (const { path, message } of asked.error?.issues ?? []) {
    const [resource] = path;
    if (typeof resource === "string") faults.asked[resource] = message;
    else faults.form = message;
  }
  const [fault] = reason.error?.issues ?? [];
  if (fault) faults.reason = fault.message;
  return { ok: false, faults };
}

function numberOf({ asked }: RequestDraft, resource: QuotaResource): number {
  const typed = Number((asked[resource] ?? "").replaceAll(",", ""));
  const per = perTyped(resource);
  return per === 1 || typed < 0 ? typed : Math.ceil(typed * per);
}
