/** The first command as people use it: twice, interrupted, killed, and a second copy beside the first. */
import { randomUUID } from "node:crypto";
import { type Api, signInTo } from "../stack/api.ts";
import {
  type Cloud,
  dataFolder,
  freePort,
  isHealthy,
  refusedStart,
  removeData,
  startCloud,
  stopCloud,
} from "../stack/cloud.ts";
import { guestProcesses, mountsNaming, processesNaming } from "../stack/leftover.ts";
import { domains } from "../stack/oracle.ts";
import { sharedCloud } from "../stack/shared.ts";
import { expect, test } from "../stack/test.ts";

type Listed = { items: { id: string; name: string }[] };
type Detail = { status: string; taskState: string | null; guest: { id: string } | null };

const limit = { timeout: 240_000 };

async function demoProject(api: Api): Promise<string> {
  const me = await api.query<{ projects: { id: string; name: string }[] }>("account.me");
  return me.projects.find((one) => one.name === "demo")?.id ?? "";
}

async function launch(api: Api, projectId: string): Promise<string> {
  const images = await api.query<Listed>("image.list", { projectId });
  const flavors = await api.query<Listed>("flavor.list", { projectId, sort: "ramMib" });
  const id = randomUUID();
  await api.mutate("instance.launch", {
    ids: [id],
    projectId,
    name: "survivor",
    imageId: images.items[0]?.id,
    flavorId: flavors.items[0]?.id,
    keyPairId: null,
    password: null,
    userData: null,
    deleteProtection: false,
  });
  return id;
}

async function expectActive(cloud: Cloud, api: Api, projectId: string, id: string): Promise<void> {
  const state = async () => {
    const found = await api.query<Detail>("instance.get", { projectId, id }).catch(() => null);
    return found && [found.status, found.taskState];
  };
  await expect.poll(state, limit).toEqual(["ACTIVE", null]);
  const { guest } = await api.query<Detail>("instance.get", { projectId, id });
  await expect.poll(() => domains("running", cloud.data), limit).toContain(guest?.id);
}

async function expectNothingLeft(cloud: Cloud): Promise<void> {
  await expect.poll(() => processesNaming(cloud.data), limit).toEqual([]);
  expect(await mountsNaming(cloud.data)).toEqual([]);
}

test("Ctrl-C shuts a running guest down and leaves nothing; the next start brings it back beside the first copy", async () => {
  test.setTimeout(25 * 60_000);
  const data = await dataFolder();
  const port = await freePort();
  const first = await startCloud({ data, port });
  const signedIn = await signInTo(first.url, "admin", first.adminPassword);
  const project = await demoProject(signedIn);
  const id = await launch(signedIn, project);
  await expectActive(first, signedIn, project, id);
  expect(await isHealthy(sharedCloud().url), "the first copy goes on").toBe(true);

  expect(await stopCloud(first)).toBe(0);
  await expectNothingLeft(first);

  const second = await startCloud({ data, port });
  const again = await signInTo(second.url, "admin", second.adminPassword);
  await expectActive(second, again, project, id);

  const onSameData = await refusedStart({ data });
  expect(onSameData.code).not.toBe(0);
  expect(onSameData.output).toContain(`is running on the data folder ${data}`);
  const onSamePort = await refusedStart({ port });
  expect(onSamePort.code).not.toBe(0);
  expect(onSamePort.output).toContain(`Port ${port} `);
  expect(await isHealthy(second.url)).toBe(true);

  process.kill(second.process.pid ?? 0, "SIGTERM");
  await expect.poll(() => second.process.exitCode, limit).toBe(0);
  await expectNothingLeft(second);
  await removeData(second);
});

test("killed without warning, the next start takes over what is left and the guest never stopped", async () => {
  test.setTimeout(25 * 60_000);
  const data = await dataFolder();
  const port = await freePort();
  const first = await startCloud({ data, port });
  const api = await signInTo(first.url, "admin", first.adminPassword);
  const project = await demoProject(api);
  const id = await launch(api, project);
  await expectActive(first, api, project, id);
  const before = await guestProcesses(data);

  process.kill(-(first.process.pid ?? 0), "SIGKILL");
  await expect.poll(() => isHealthy(first.url), limit).toBe(false);
  const second = await startCloud({ data, port });
  const again = await signInTo(second.url, "admin", second.adminPassword);
  await expectActive(second, again, project, id);
  const after = await guestProcesses(data);
  expect(after.map(pidOf)).toEqual(before.map(pidOf));

  await again.mutate("instance.delete", { projectId: project, id });
  await expect.poll(() => domains("all", data), limit).toEqual([]);
  expect(await stopCloud(second)).toBe(0);
  await expectNothingLeft(second);
  await removeData(second);
});

const pidOf = (line: string) => line.split(" ")[0];
