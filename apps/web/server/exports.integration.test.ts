/** Files of rows over the real socket, read by somebody else's parser. */
import { type IncomingMessage, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { signIn, signOutOf, startTestWeb, type TestWeb, until } from "./testing.ts";

/** With their long names more than the buffers of a connection ever hold: Linux lets them grow to about 10 MB. */
const count = 40_000;
const hostile = [
  `=cmd|'/C calc'!A0`,
  "+1+1",
  "-2+3",
  "@SUM(1)",
  "\t=1",
  "\r=1",
  "\n=1",
  `a "quoted", name;\r\nand a line`,
  "한글 이름",
  "<script>alert(1)</script>",
];

let web: TestWeb;
let admin: string;
beforeAll(async () => {
  web = await startTestWeb();
  admin = (await signIn(web.env, "admin")).cookie ?? "";
  await web.database.pool.query(
    `INSERT INTO event (actor_kind, actor_id, actor_name, resource_kind, resource_id, resource_name, action, result,
       request_id, address, params, changes)
     SELECT 'user', gen_random_uuid(), 'filler', 'flavor', gen_random_uuid(), name, 'flavor.update',
       'accepted', 'req-' || gen_random_uuid(), '192.0.2.7', '{}'::jsonb, '{"name": ["=1+1", "new"]}'::jsonb
     FROM unnest($2::text[]) AS name
     UNION ALL SELECT 'user', gen_random_uuid(), 'filler', 'flavor', gen_random_uuid(), 'row ' || n || repeat(' long', 100), 'flavor.update',
       'accepted', 'req-' || gen_random_uuid(), '192.0.2.7', '{}'::jsonb, '{}'::jsonb FROM generate_series(1, $1::int) AS n`,
    [count, hostile],
  );
  await web.database.pool.query("ANALYZE event");
}, 180_000);
afterAll(() => web.close(), 60_000);

const get = (path: string, cookie = admin, headers: Record<string, string> = {}) =>
  fetch(`${web.env.url}/api/export/${path}`, { headers: { cookie, ...headers } });

const refusal = z.object({ cloud: z.object({ reason: z.string() }) });
const reasonOf = async (answer: Response) => refusal.parse(await answer.json()).cloud.reason;

test("a CSV holds every row that the filter finds, and no name becomes a formula", async () => {
  const answer = await get("audit.csv?text=filler");
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toContain("text/csv");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect(answer.headers.get("x-openstack-request-id")).toMatch(/^req-/);
  expect(answer.headers.get("content-disposition")).toMatch(
    /^attachment; filename="madang-audit-\d{8}-\d{6}\.csv"$/,
  );
  const bytes = Buffer.from(await answer.arrayBuffer());
  expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
  const rows: Record<string, string>[] = parse(bytes, { columns: true, bom: true });
  expect(rows).toHaveLength(count + hostile.length);
  expect(new Set(rows.map(({ resource_id }) => resource_id)).size).toBe(rows.length);
  const cells = rows.flatMap((row) => Object.values(row));
  expect(cells.filter((cell) => /^[=+\-@\t\r\n]/.test(cell))).toEqual([]);
  // What keeps a name from being a formula is apostrophes, and nothing else of it is changed.
  const plain = (name = "") => name.replaceAll("'", "");
  const names = new Set(rows.map(({ resource }) => plain(resource)));
  for (const name of hostile) expect([...names]).toContain(plain(name));
  expect(rows.find(({ changes }) => changes !== "{}")?.changes).toBe('{"name":["=1+1","new"]}');
});

test("JSON is one array of the same, and an empty one is an array too", async () => {
  const answer = await get("audit.json?text=filler&to=2100-01-01T00:00:00Z");
  const rows: Record<string, unknown>[] = JSON.parse(await answer.text());
  expect(rows).toHaveLength(count + hostile.length);
  const names = rows.map(({ resource }) => resource);
  for (const name of hostile) expect(names).toContain(name);
  expect(await (await get("audit.json?action=nothing.such")).json()).toEqual([]);
  const [head, ...rest] = (await (await get("audit.csv?action=nothing.such")).text()).trim().split("\r\n");
  expect(head).toContain("time,actor_kind,actor");
  expect(rest).toEqual([]);
});

test("who may not, what is not there, and what is no filter, are refused in words", async () => {
  const mina = (await signIn(web.env, "mina")).cookie ?? "";
  const cases: [string, string, number, string][] = [
    ["audit.csv", "", 401, "signInNeeded"],
    ["audit.csv", mina, 403, "roleTooWeak"],
    ["nothing.csv", admin, 404, "noSuchExport"],
    ["audit.exe", admin, 404, "noSuchExport"],
    ["audit%0d%0aset-cookie:a=b.csv", admin, 404, "noSuchExport"],
    ["..%2f..%2fsecrets.csv", admin, 404, "noSuchExport"],
    ["__proto__.csv", admin, 404, "noSuchExport"],
    ["audit.csv?text=%00", admin, 400, "textCharacters"],
    ["audit.csv?text=a&text=b", admin, 400, "invalidInput"],
    [`audit.csv?text=${"x".repeat(5_000)}`, admin, 400, "invalidInput"],
    ["audit.csv?actorId=1%20OR%201=1", admin, 400, "invalidInput"],
    ["audit.csv?from=now()", admin, 400, "invalidInput"],
    ["usage.csv?projectId=nonsense", mina, 404, "projectNotFound"],
  ];
  for (const [path, cookie, status, reason] of cases) {
    const answer = await get(path, cookie);
    expect([path, answer.status, await reasonOf(answer)]).toEqual([path, status, reason]);
    expect(answer.headers.get("set-cookie")).toBeNull();
  }
  const foreign = await get("audit.csv", admin, { "sec-fetch-site": "cross-site" });
  expect(await reasonOf(foreign)).toBe("foreignOrigin");
  // A text looked for is no header of the answer: bare it asks a field nobody has, quoted it is only looked for.
  const header = "\r\nset-cookie:a=b";
  const bare = await get(`audit.csv?text=${encodeURIComponent(header)}`);
  expect([bare.status, await reasonOf(bare)]).toEqual([400, "filterUnknownField"]);
  const quoted = await get(`audit.csv?text=${encodeURIComponent(`"${header}"`)}`);
  expect(quoted.status).toBe(200);
  for (const { headers } of [bare, quoted]) {
    expect(headers.get("set-cookie")).toBeNull();
    expect(headers.get("content-disposition") ?? "").not.toContain("set-cookie");
  }
  expect((await quoted.text()).trim().split("\r\n")).toHaveLength(1);
});

/** Begins a download and takes nothing of it. */
function openAndHold(cookie: string): Promise<{ response: IncomingMessage; cut: Promise<void> }> {
  return new Promise((resolve, reject) => {
    const asked = request(`${web.env.url}/api/export/audit.csv?text=filler`, {
      headers: { cookie },
      agent: false,
    });
    asked.on("error", reject);
    asked.on("response", (response) => {
      const cut = new Promise<void>((done) => response.once("close", done));
      response.on("error", () => {});
      resolve({ response, cut });
    });
    asked.end();
  });
}

test("one that is left open holds no connection to the database, and ends with the session", async () => {
  const { cookie } = await signIn(web.env, "admin");
  const held = await Promise.all([1, 2, 3].map(() => openAndHold(cookie ?? "")));
  expect(held.map(({ response }) => response.statusCode)).toEqual([200, 200, 200]);
  const fourth = await get("audit.csv", cookie ?? "");
  expect([fourth.status, await reasonOf(fourth)]).toEqual([429, "tooManyExports"]);
  // It was taken as far as the sockets' buffers go; then nobody asks the database for more.
  const busy = async () => {
    const { rows } = await web.database.pool.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
         AND state <> 'idle' AND query LIKE '%event.request_id AS%'`,
    );
    return rows[0]?.count ?? 0;
  };
  await until(async () => (await busy()) === 0);
  await signOutOf(web.env, cookie ?? "");
  // Somebody who reads sees the file end before its end.
  for (const { response } of held) response.resume();
  await Promise.all(held.map(({ cut }) => cut));
  expect(held.map(({ response }) => response.complete)).toEqual([false, false, false]);
});

test("who goes in the middle leaves room for the next", async () => {
  const { cookie } = await signIn(web.env, "admin");
  for (let round = 0; round < 3; round++) {
    const held = await Promise.all([1, 2, 3].map(() => openAndHold(cookie ?? "")));
    for (const { response } of held) response.destroy();
    await until(async () => {
      const again = await get("audit.csv?action=nothing.such", cookie ?? "");
      await again.text();
      if (again.status !== 200) await sleep(20);
      return again.status === 200;
    });
  }
});
