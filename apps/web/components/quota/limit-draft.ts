/** A limit while it is being typed: empty is none of one's own, "-1" unlimited; memory in GiB. */
import {
  type FixedResource,
  type Limits,
  largestLimit,
  namedResources,
  type QuotaResource,
  quotaResources,
} from "@madang/core/quota/resource";
import { isTypeResource, type TypeResource } from "@madang/core/quota/type-resource";

export type LimitDrafts = { [resource in FixedResource]?: string } & { [resource: TypeResource]: string };
export const unlimited = "-1";
const mibPerGib = 1_024;

export function draftOf(resource: QuotaResource, limit: number | null | undefined): string {
  if (limit === null || limit === undefined) return "";
  if (limit < 0) return unlimited;
  return String(resource === "ram" ? limit / mibPerGib : limit);
}

export function draftsOf(limits: Limits): LimitDrafts {
  return Object.fromEntries(
    [...quotaResources, ...namedResources(limits).filter(isTypeResource)].map((resource) => [
      resource,
      draftOf(resource, limits[resource]),
    ]),
  );
}

/** Whole thousands may be parted by commas; any other comma could as well mean a decimal point. */
const number = /^(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?$/;

/** null: empty; undefined: not a limit. */
export function limitOf(resource: QuotaResource, draft = ""): number | null | undefined {
  const text = draft.trim();
  if (text === "") return null;
  if (text === unlimited) return -1;
  if (!number.test(text)) return undefined;
  const typed = Number(text.replaceAll(",", ""));
  const limit = resource === "ram" ? Math.round(typed * mibPerGib) : typed;
  return Number.isInteger(limit) && limit <= largestLimit ? limit : undefined;
}

/** Those that are said; null when one of them is no limit. */
export function limitsOf(drafts: LimitDrafts): Limits | null {
  const typed = [...quotaResources, ...Object.keys(drafts).filter(isTypeResource)];
  const all = typed.map((resource) => [resource, limitOf(resource, drafts[resource])] as const);
  if (all.some(([, limit]) => limit === undefined)) return null;
  return Object.fromEntries(
    all.flatMap(([name, limit]) => (typeof limit === "number" ? [[name, limit]] : [])),
  );
}
