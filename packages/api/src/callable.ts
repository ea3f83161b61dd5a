/** The procedures that an application credential may call at all: what its access rules can name. */
import { isForCredentials, type Permission, permissions, ruleOf } from "@madang/core/identity/permission";
import { z } from "zod";

export type Callable = { path: string; permission: Permission; type: "query" | "mutation" };

const names = Object.keys(permissions);
const declared = z.object({
  _def: z.object({
    type: z.enum(["query", "mutation"]),
    meta: z.object({ permission: z.custom<Permission>((name) => names.includes(String(name))) }),
  }),
});

/** `procedures`: a router's `_def.procedures`. Streams are left out: they need a person's session. */
export function callableIn(procedures: Readonly<Record<string, object>>): Callable[] {
  return Object.entries(procedures).flatMap(([path, procedure]) => {
    // A procedure is a function with its definition on it.
    const { data } = declared.safeParse({ ...procedure });
    if (!data) return [];
    const { type, meta } = data._def;
    const open = isForCredentials(meta.permission) && ruleOf(meta.permission).scope !== "public";
    return open ? [{ path, permission: meta.permission, type }] : [];
  });
}
