/** Browsers allow six HTTP/1.1 connections a host: streams must not use them up, or the seventh tab stands still. */
import { randomUUID } from "node:crypto";
import { expectStatus } from "../portal/instance.ts";
import { enterAsMember } from "../portal/session.ts";
import { signIn } from "../stack/api.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";

type Listed = { items: { id: string; name: string }[] };

test("with eight tabs open the eighth is live", async ({ page, context, words }) => {
  const project = await enterAsMember(page, words);
  const api = await signIn("mina", sharedCloud().memberPassword);
  const images = await api.query<Listed>("image.list", { projectId: project });
  const flavors = await api.query<Listed>("flavor.list", { projectId: project, sort: "ramMib" });
  const tabs = [page];
  while (tabs.length < 8) tabs.push(await context.newPage());
  for (const tab of tabs) {
    await tab.goto(`/p/${project}/instances`);
    await expect(tab.getByText(words("stream.live"), { exact: true }).first()).toBeAttached();
  }
  const [last] = tabs.slice(-1);
  if (!last) throw new Error("no eighth tab");
  const id = randomUUID();
  const name = `eighth-${id.slice(0, 8)}`;
  await api.mutate("instance.launch", {
    ids: [id],
    projectId: project,
    name,
    imageId: images.items[0]?.id,
    flavorId: flavors.items[0]?.id,
    keyPairId: null,
    password: null,
    userData: null,
    deleteProtection: false,
  });
  await last.bringToFront();
  const row = last.getByRole("row").filter({ hasText: name });
  await expect(row.locator("[data-status]").first()).toHaveAttribute("data-status", "ACTIVE", {
    timeout: 180_000,
  });
  await last.goto(`/p/${project}/instances/${id}`);
  await expectStatus(last, "ACTIVE");
  await api.mutate("instance.delete", { projectId: project, id });
  await last.goto(`/p/${project}/instances`);
  await expect(row).toHaveCount(0, { timeout: 120_000 });
});
