/** A signed-in administrator at one web process of a cloud under test: what a browser does there, without the browser. */
import { z } from "zod";
import type { Web } from "./several-cloud.ts";
import { eventually, type Session } from "./whole-cloud.ts";

const named = z.object({ id: z.string(), name: z.string() });
const page = z.object({ items: z.array(named) });
const trail = z.object({ items: z.array(z.object({ id: z.string(), action: z.string() })) });
const instance = z.object({
  id: z.string(),
  status: z.string(),
  taskState: z.string().nullable(),
  powerState: z.string(),
  fault: z.object({ reason: z.string() }).nullable().optional(),
});

export type Visitor = Awaited<ReturnType<typeof visit>>;

/** In the first project, with the first image and the smallest flavor. */
export async function visit(web: Web, { call, cookie }: Session) {
  const query = (path: string, input: object) => call("GET", path, input);
  const mutate = (path: string, input: object) => call("POST", path, input);
  const me = z.object({ projects: z.array(named) }).parse(await query("account.me", {}));
  const projectId = first(me.projects);
  const imageId = first(page.parse(await query("image.list", { projectId })).items);
  const flavorId = first(page.parse(await query("flavor.list", { projectId, sort: "ramMib" })).items);

  const launch = async (
    name = "several",
    count = 1,
    guestPassword: string | null = null,
  ): Promise<string[]> => {
    const ids = Array.from({ length: count }, () => crypto.randomUUID());
    const wish = { ids, projectId, name, imageId, flavorId, deleteProtection: false };
    await mutate("instance.launch", { ...wish, keyPairId: null, password: guestPassword, userData: null });
    return ids;
  };
  const read = async (id: string) => instance.parse(await query("instance.get", { projectId, id }));
  const becomes = (id: string, status: string, taskState: string | null = null) =>
    eventually(async () => {
      const seen = await read(id);
      return seen.status === status && seen.taskState === taskState;
    });
  const act = (verb: string, id: string, more = {}) => mutate(`instance.${verb}`, { projectId, id, ...more });
  const isGone = async (id: string) => {
    const found = page.parse(await query("instance.list", { projectId, filter: { ids: [id] } }));
    return found.items.length === 0;
  };
  /** What the trail says of it, oldest first. */
  const actions = async (resourceId: string): Promise<string[]> => {
    const { items } = trail.parse(await query("event.list", { projectId, filter: { resourceId } }));
    return items.map(({ action }) => action).toReversed();
  };
  return { web, cookie, projectId, query, mutate, launch, read, becomes, act, isGone, actions };
}

function first(items: readonly { id: string }[]): string {
  const [item] = items;
  if (!item) throw new Error("none");
  return item.id;
}
