/** More projects for people who are there already, made as an administrator makes them. */
import { z } from "zod";
import type { Stand } from "../stand/stand.ts";
import type { Person } from "./people.ts";

const me = z.object({ user: z.object({ id: z.uuid() }) });

/** All of `people` may work in each; answers the projects' ids. */
export async function moreProjects(
  { admin }: Pick<Stand, "admin">,
  name: string,
  people: readonly Person[],
  count: number,
): Promise<string[]> {
  const members: { kind: "user"; id: string; role: "member" }[] = [];
  for (const { client } of people) {
    const { user } = me.parse(await client.get("account.me", {}));
    members.push({ kind: "user", id: user.id, role: "member" });
  }
  const ids = Array.from({ length: count }, () => crypto.randomUUID());
  for (const [index, id] of ids.entries())
    await admin.mutate("admin.project.create", { id, name: `${name} ${index + 1}`, members });
  return ids;
}
