/** Volume types that limits name. */
import { CloudError } from "@madang/core/errors";
import { isTypeResource, typeIdOf, typeResources } from "@madang/core/quota/type-resource";
import type { Tx } from "@madang/db";

type Named = { readonly [resource: string]: number | null | undefined };

/**
 * The names of the types, by id; none of them goes before this transaction ends. Throws InvalidInput for one that is not
 * there. `field`: where in a form the limits are.
 */
export async function requireTypes(
  tx: Tx,
  limits: Named,
  field = "limits",
): Promise<ReadonlyMap<string, string>> {
  const named = Object.keys(limits).filter(isTypeResource);
  if (named.length === 0) return new Map();
  const ids = [...new Set(named.map(typeIdOf))];
  const rows = await tx.$queryRaw<{ id: string; name: string }[]>`
    SELECT id::text, name FROM volume_type WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR KEY SHARE`;
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  const gone = named.find((resource) => !names.has(typeIdOf(resource)));
  if (gone === undefined) return names;
  throw new CloudError("InvalidInput", "There is no such volume type.", {
    reason: "volumeTypeNotFound",
    field: `${field}.${gone}`,
  });
}

/** Takes the limits of a type that goes with it: of projects, of all of them, and of templates. */
export async function forgetLimits(tx: Tx, volumeTypeId: string): Promise<void> {
  const resource = { in: typeResources(volumeTypeId) };
  await tx.quota.deleteMany({ where: { resource } });
  await tx.quotaDefault.deleteMany({ where: { resource } });
  await tx.$executeRaw`UPDATE quota_template SET limits = limits - ${resource.in}::text[]
    WHERE jsonb_exists_any(limits, ${resource.in}::text[])`;
}
