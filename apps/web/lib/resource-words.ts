/** What a quota counts, in a word or two. */
import { isTypeResource, kindOf, typeIdOf } from "@madang/core/quota/type-resource";
import type { Translate } from "./error-text.ts";

export type TypeNames = { readonly [volumeTypeId: string]: string };

/** `typeName`: of the volume type, where the resource is one of a type's; one that is gone has no name any more. */
export function resourceWords(t: Translate, resource: string, typeName?: string | null): string {
  if (isTypeResource(resource))
    return t("quota.ofType", {
      resource: t(`resources.${kindOf(resource)}`),
      type: typeName ?? t("quota.typeGone"),
    });
  return t.has(`resources.${resource}`) ? t(`resources.${resource}`) : resource;
}

export function namedWords(t: Translate, resource: string, names: TypeNames): string {
  return resourceWords(t, resource, isTypeResource(resource) ? names[typeIdOf(resource)] : null);
}
