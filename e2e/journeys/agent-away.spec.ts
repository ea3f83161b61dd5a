/** The agent stops answering: people are told so in words, nothing they ask is lost, and it is done when it is back. */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expectConsole } from "../portal/console.ts";
import { expectStatus } from "../portal/instance.ts";
import { enterAsMember } from "../portal/session.ts";
import { signIn } from "../stack/api.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";

type Listed = { items: { id: string; name: string }[] };
type Detail = { taskState: string | null; hypervisorReachable: boolean };

async function agentPid(): Promise<number> {
  return Number.parseInt(await readFile(join(sharedCloud().data, "run/agent.pid"), "utf8"), 10);
}

test("an agent that is away is named, and what was asked meanwhile happens when it is back", async ({
  page,
  words,
}) => {
  const project = await enterAsMember(page, words);
  const api = await signIn("mina", sharedCloud().memberPassword);
  const images = await api.query<Listed>("image.list", { projectId: project });
  const flavors = await api.query<Listed>("flavor.list", { projectId: project, sort: "ramMib" });
  const id = randomUUID();
  const one = { projectId: project, id };
  await api.mutate("instance.launch", {
    ids: [id],
    projectId: project,
    name: `away-${id.slice(0, 8)}`,
    imageId: images.items[0]?.id,
    flavorId: flavors.items[0]?.id,
    keyPairId: null,
    password: null,
    userData: null,
    deleteProtection: false,
  });
  await page.goto(`/p/${project}/instances/${id}`);
  await expectStatus(page, "ACTIVE");
  const pid = await agentPid();
  process.kill(pid, "SIGSTOP");
  try {
    const away = async () => !(await api.query<Detail>("instance.get", one)).hypervisorReachable;
    await expect.poll(away, { timeout: 120_000 }).toBe(true);
    await page.goto(`/p/${project}/instances/${id}?tab=console&console=serial`);
    await expect(page.getByText(words("instances.unreachable")).first()).toBeVisible();
    await expectConsole(page, "lost");
    await expect(page.getByText(words("console.losses.unreachable")).first()).toBeVisible();
    await api.mutate("instance.stop", one);
    expect((await api.query<Detail>("instance.get", one)).taskState).toBe("powering-off");
  } finally {
    process.kill(pid, "SIGCONT");
  }
  await expectStatus(page, "SHUTOFF");
  await api.mutate("instance.delete", one);
  await expect(page.getByText(words("missing.instance.title"))).toBeVisible({ timeout: 120_000 });
});
