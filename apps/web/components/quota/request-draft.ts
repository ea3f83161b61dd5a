/** What is being asked for, as typed; the reason is kept in this browser until it is sent. */
import { reasonLimit, requestReason } from "@madang/core/quota/request";
import type { Limits, QuotaResource } from "@madang/core/quota/resource";
import { z } from "zod";
import { readStored, writeStored } from "../../lib/stored.ts";
import { type LimitDrafts, limitsOf } from "./limit-draft.ts";

export type RequestDraft = { asked: LimitDrafts; reason: string };
/** Keys of `validation`, or an error's reason. */
export type RequestFaults = {
  asked: Partial<Record<QuotaResource, string>>;
  reason?: string | undefined;
  form?: string | undefined;
};

const keyOf = (userId: string, projectId: string) => `madang-quota-reason:${userId}:${projectId}`;

export function readReason(userId: string, projectId: string): string {
  return readStored(keyOf(userId, projectId), z.string().max(reasonLimit * 2)) ?? "";
}

export function keepReason(userId: string, projectId: string, reason: string | null): void {
  writeStored(keyOf(userId, projectId), reason || null);
}

type Parsed = { ok: true; asked: Limits; reason: string } | { ok: false; faults: RequestFaults };

/** Empty fields ask for nothing. A field tells by itself that it is no limit. */
export function parseDraft(draft: RequestDraft): Parsed {
  const asked = limitsOf(draft.asked);
  const none = asked !== null && Object.keys(asked).length === 0;
  const reason = requestReason.safeParse(draft.reason);
  if (asked && !none && reason.success) return { ok: true, asked, reason: reason.data };
  const form = none ? "limitsRequired" : undefined;
  return { ok: false, faults: { asked: {}, form, reason: reason.error?.issues[0]?.message } };
}
