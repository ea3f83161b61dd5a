/**
 * Limits of single volume types, as Cinder's `gigabytes_<type>`. They name the type by its id, so that renaming it changes
 * nothing: "gigabytes:3f0c…". Nothing said of one is unlimited.
 */
import type { Usage } from "./resource.ts";

export const typeKinds = ["volumes", "gigabytes", "snapshots"] as const;
export type TypeKind = (typeof typeKinds)[number];
export type TypeResource = `${TypeKind}:${string}`;

const pattern = /^(?:volumes|gigabytes|snapshots):[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Characters of the longest name. */
export const longestResource = 60;

export function isTypeResource(name: string): name is TypeResource {
  return pattern.test(name);
}

export function kindOf(resource: TypeResource): TypeKind {
  return typeKinds.find((kind) => resource.startsWith(`${kind}:`)) ?? "volumes";
}

export function typeIdOf(resource: TypeResource): string {
  return resource.slice(resource.indexOf(":") + 1);
}

export function typeResources(volumeTypeId: string): TypeResource[] {
  return typeKinds.map((kind): TypeResource => `${kind}:${volumeTypeId}`);
}

/** What volumes and snapshots of a type ask for: of the project, and of what it may have of that type. */
export function volumeUsage(volumeTypeId: string, amounts: { readonly [kind in TypeKind]?: number }): Usage {
  const said = typeKinds.flatMap((kind) => {
    const amount = amounts[kind];
    return amount === undefined
      ? []
      : ([
          [kind, amount],
          [`${kind}:${volumeTypeId}`, amount],
        ] as const);
  });
  return Object.fromEntries(said);
}

/** The same amounts, but of the type alone: the project has them already. */
export function typeUsage(volumeTypeId: string, amounts: { readonly [kind in TypeKind]?: number }): Usage {
  const all = volumeUsage(volumeTypeId, amounts);
  return Object.fromEntries(Object.entries(all).filter(([name]) => isTypeResource(name)));
}
