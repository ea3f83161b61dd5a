/** What the launch form sends. */
import { z } from "zod";
import type { Client } from "./http.ts";

export type LaunchForm = { imageId: string; flavorId: string };

const named = z.object({ items: z.array(z.object({ id: z.uuid(), name: z.string() })) });

/** The first image and the smallest flavor, as the form offers them. */
export async function readLaunchForm(client: Client, projectId: string): Promise<LaunchForm> {
  const images = named.parse(await client.get("image.list", { projectId, filter: {} }));
  const flavors = named.parse(await client.get("flavor.list", { projectId, filter: {} }));
  const image = images.items[0];
  const flavor = flavors.items.find(({ name }) => name === "m1.nano");
  if (!image || !flavor) throw new Error("there is no image or no flavor to launch");
  return { imageId: image.id, flavorId: flavor.id };
}

/** One call for `count` new instances; answers their ids. */
export function launchInput(projectId: string, form: LaunchForm, name: string, count = 1) {
  const ids = Array.from({ length: count }, () => crypto.randomUUID());
  const nothing = { keyPairId: null, password: null, userData: null, deleteProtection: false };
  return { ids, projectId, name, ...form, ...nothing };
}
