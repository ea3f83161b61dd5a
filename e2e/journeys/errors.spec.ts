/** Each way to go wrong has a clear, typed answer, and none tells about other people's things. */
import { randomUUID } from "node:crypto";
import { expect, test } from "@playwright/test";
import { type Api, apiWith, refused, signIn, signInCookie, signOut } from "../stack/api.ts";
import { sharedCloud } from "../stack/shared.ts";

type Listed = { items: { id: string; name: string }[]; total: number };
type Me = { projects: { id: string; name: string }[] };

let mina: Api;
let other: Api;
let garden: string;
let elsewhere: string;
let image: string;
let flavor: string;

async function projectOf(api: Api): Promise<string> {
  const me = await api.query<Me>("account.me");
  return me.projects[0]?.id ?? "";
}

test.beforeAll(async () => {
  const { memberPassword } = sharedCloud();
  mina = await signIn("mina", memberPassword);
  other = await signIn("other", memberPassword);
  garden = await projectOf(mina);
  elsewhere = await projectOf(other);
  image = (await mina.query<Listed>("image.list", { projectId: garden })).items[0]?.id ?? "";
  flavor =
    (await mina.query<Listed>("flavor.list", { projectId: garden, sort: "ramMib" })).items[0]?.id ?? "";
});

function launch(name: string, ids = [randomUUID()]) {
  return {
    ids,
    projectId: garden,
    name,
    imageId: image,
    flavorId: flavor,
    keyPairId: null,
    password: null,
    userData: null,
    deleteProtection: false,
  };
}

const remove = (id: string) => mina.mutate("instance.delete", { projectId: garden, id });

test("a wrong password and an unknown person get the same refusal", async () => {
  expect(await signInCookie("mina", "not her password at all")).toBeNull();
  expect(await signInCookie("nobody-here", "not her password at all")).toBeNull();
});

test("no session, a rubbish session and a signed-out session are refused alike", async () => {
  const { memberPassword } = sharedCloud();
  for (const cookie of ["", "next-auth.session-token=rubbish"]) {
    const answer = await refused(apiWith(cookie).query("account.me"));
    expect(answer).toMatchObject({ status: 401, code: "Unauthenticated" });
  }
  const shortLived = await signIn("mina", memberPassword);
  await signOut(shortLived.cookie);
  expect((await refused(shortLived.query("account.me"))).status).toBe(401);
});

test("another project's things look exactly like things that do not exist", async () => {
  const id = randomUUID();
  await mina.mutate("instance.launch", launch("private-name", [id]));
  const attempts = [
    (api: Api, projectId: string, target: string) => api.query("instance.get", { projectId, id: target }),
    (api: Api, projectId: string, target: string) => api.mutate("instance.stop", { projectId, id: target }),
    (api: Api, projectId: string, target: string) => api.mutate("instance.delete", { projectId, id: target }),
    (api: Api, projectId: string, target: string) =>
      api.mutate("instance.openConsole", { projectId, id: target, kind: "serial" }),
  ];
  for (const attempt of attempts) {
    const theirs = await refused(attempt(other, elsewhere, id));
    const missing = await refused(attempt(other, elsewhere, randomUUID()));
    expect({ ...theirs, requestId: "", raw: "" }).toEqual({ ...missing, requestId: "", raw: "" });
    expect(theirs.raw).not.toContain("private-name");
    const foreign = await refused(attempt(other, garden, id));
    const nowhere = await refused(attempt(other, randomUUID(), id));
    expect({ ...foreign, requestId: "", raw: "" }).toEqual({ ...nowhere, requestId: "", raw: "" });
  }
  await remove(id);
});

for (const name of [
  "<script>alert(1)</script>",
  "../../etc/passwd",
  `"double" 'single' \\ ; $(id)`,
  "🐯 호랑이",
]) {
  test(`${name} is a name like any other`, async () => {
    const id = randomUUID();
    await mina.mutate("instance.launch", launch(name, [id]));
    const kept = await mina.query<{ name: string; hostname: string }>("instance.get", {
      projectId: garden,
      id,
    });
    expect(kept.name).toBe(name);
    expect(kept.hostname).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
    await remove(id);
  });
}

test("a name of 10,000 characters is refused at the field", async () => {
  const answer = await refused(mina.mutate("instance.launch", launch("n".repeat(10_000))));
  expect(answer).toMatchObject({ status: 400, code: "InvalidInput", reason: "nameTooLong" });
  expect(answer.requestId).toMatch(/^req-/);
});

test("the same launch twice makes one, another body under the same id is a conflict", async () => {
  const id = randomUUID();
  const [first, second] = await Promise.all([
    mina.mutate<{ ids: string[] }>("instance.launch", launch("twice", [id])),
    mina.mutate<{ ids: string[] }>("instance.launch", launch("twice", [id])),
  ]);
  expect(first.ids).toEqual([id]);
  expect(second.ids).toEqual([id]);
  const listed = await mina.query<Listed>("instance.list", { projectId: garden, filter: { ids: [id] } });
  expect(listed.total).toBe(1);
  const changed = await refused(mina.mutate("instance.launch", launch("thrice", [id])));
  expect(changed).toMatchObject({ status: 409, code: "Conflict" });
  await remove(id);
});

test("too much is named with its numbers and makes nothing", async () => {
  const ids = Array.from({ length: 50 }, () => randomUUID());
  const answer = await refused(mina.mutate("instance.launch", launch("too-many", ids)));
  expect(answer).toMatchObject({ status: 403, code: "QuotaExceeded" });
  const { quota } = JSON.parse(answer.raw).error.json.data.cloud;
  expect(quota).toContainEqual(expect.objectContaining({ resource: "instances", requested: 50 }));
  const listed = await mina.query<Listed>("instance.list", { projectId: garden, filter: { ids } });
  expect(listed.total).toBe(0);
});

test("a flavor nobody can hold stays in BUILD with the reason in words", async () => {
  const { adminPassword } = sharedCloud();
  const admin = await signIn("admin", adminPassword);
  const vast = randomUUID();
  await admin.mutate("admin.flavor.create", {
    id: vast,
    name: `vast-${vast.slice(0, 8)}`,
    description: "",
    vcpus: 1,
    ramMib: 40_000,
    diskGib: 0,
  });
  const id = randomUUID();
  await mina.mutate("instance.launch", { ...launch("vast", [id]), flavorId: vast });
  await expect
    .poll(async () => {
      const found = await mina.query<{ status: string; conditions: Record<string, { reason?: string }> }>(
        "instance.get",
        {
          projectId: garden,
          id,
        },
      );
      return [found.status, found.conditions.Scheduled?.reason];
    })
    .toEqual(["BUILD", "NoValidHost"]);
  await remove(id);
  await admin.mutate("admin.flavor.delete", { id: vast });
});
