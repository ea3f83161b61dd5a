/** Journey 1: from an empty project to an SSH login from outside, by keyboard. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Locator } from "@playwright/test";
import { expectStatus } from "../portal/instance.ts";
import { press, reach } from "../portal/keyboard.ts";
import { signInAt } from "../portal/session.ts";
import { type Api, signIn } from "../stack/api.ts";
import { sql } from "../stack/database.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";

const run = promisify(execFile);
/** Clicks, fields and moves to another page or dialog, counted as people count them: a click that moves is one. */
const mostSteps = 8;
const slow = { timeout: 240_000 };

type Listed = { items: { id: string; name: string }[] };

async function emptyProject(admin: Api): Promise<{ id: string; name: string }> {
  const [id, name] = [randomUUID(), `ssh ${randomUUID().slice(0, 8)}`];
  const users = await admin.query<Listed>("admin.user.list", { filter: { text: "mina" } });
  const userId = users.items.find((user) => user.name === "mina")?.id;
  const members = [{ kind: "user", id: userId, role: "member" }];
  await admin.mutate("admin.project.create", { id, name, members });
  return { id, name };
}

/** Says a word through a shell in the guest, as whoever holds the key; the guest's own host key is new to everybody. */
async function sayOverSsh(command: string, key: string, word: string): Promise<string> {
  const [program = "", ...rest] = command.split(" ");
  const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectTimeout=5"];
  const flags = [...options, "BatchMode=yes"].flatMap((option) => ["-o", option]);
  const { stdout } = await run(program, ["-i", key, ...flags, ...rest, `echo ${word}-$((6*7))`], {
    timeout: 20_000,
  });
  return stdout.trim();
}

test("eight steps by keyboard, and the line that the page ends with signs in", async ({ page, words }) => {
  test.setTimeout(15 * 60_000);
  const admin = await signIn("admin", sharedCloud().adminPassword);
  const project = await emptyProject(admin);
  const folder = await mkdtemp(join(tmpdir(), "madang-key-"));
  await signInAt(page, words, "mina", sharedCloud().memberPassword);
  await page.waitForURL(/\/p\//);
  await page.goto(`/p/${project.id}`);
  let steps = 0;
  const step = async (control: Locator, act = press) => {
    steps += 1;
    await act(page, control);
  };
  const check = (control: Locator) =>
    step(control, async () => {
      await reach(page, control);
      await page.keyboard.press("Space");
    });
  await step(page.getByRole("link", { name: words("overview.launch") }).first());
  await page.waitForURL(/\/instances\/launch$/);
  const name = page.getByRole("textbox", { name: words("fields.name"), exact: true });
  await step(name, async () => {
    await reach(page, name);
    await page.keyboard.type("doorstep");
  });
  await check(page.getByRole("radio", { name: "m1.nano" }));
  await step(page.getByRole("button", { name: words("keyPairs.generate"), exact: true }));
  const dialog = page.getByRole("dialog");
  await step(dialog.getByRole("button", { name: words("keyPairs.generate"), exact: true }));
  const downloading = page.waitForEvent("download");
  await step(page.getByRole("button", { name: words("keyPairs.download"), exact: true }));
  const key = join(folder, "key.pem");
  await (await downloading).saveAs(key);
  await chmod(key, 0o600);
  await check(page.getByRole("switch", { name: words("sshPath.toggle") }));
  await expect(page.getByText(words("sshPath.willMake"))).toBeVisible();
  await step(page.locator("form button[type=submit]").last());
  await page.waitForURL(/\/instances\/[0-9a-f]{8}-[0-9a-f-]{27}/);
  expect(steps).toBeLessThanOrEqual(mostSteps);

  await expectStatus(page, "ACTIVE");
  const line = page.getByRole("region", { name: words("sshPath.title"), exact: true }).locator("code");
  await expect(line).toHaveText(/^ssh root@\d+\.\d+\.\d+\.\d+$/, slow);
  const command = (await line.textContent()) ?? "";
  await expect(async () => {
    expect(await sayOverSsh(command, key, "here")).toBe("here-42");
  }).toPass(slow);
  const stranger = join(folder, "stranger.pem");
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", stranger]);
  await expect(sayOverSsh(command, stranger, "here")).rejects.toThrow();

  await rm(folder, { recursive: true });
  const mina = await signIn("mina", sharedCloud().memberPassword);
  const keyPairs = await mina.query<Listed>("keyPair.list");
  for (const { id, name: of } of keyPairs.items)
    if (of.startsWith("mina-")) await mina.mutate("keyPair.delete", { id });
  await admin.mutate("admin.project.delete", project);
  const left = () => sql("SELECT 1 FROM project WHERE id = $1", [project.id]);
  await expect.poll(async () => (await left()).length, slow).toBe(0);
});
