/** Projects with members of their own, made as an administrator makes them, and no quota in the way. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { signInCookie } from "../../e2e/stack/api.ts";
import { repository } from "../../e2e/stack/cloud.ts";
import type { Stand } from "../stand/stand.ts";
import { type Client, openClient } from "./http.ts";
import { type LaunchForm, readLaunchForm } from "./launch.ts";

export type Person = { client: Client; cookie: string; projectId: string; form: LaunchForm };

const password = "one of many who press the button";

/** `clients` people, spread evenly over `projects` projects, each with an address of his own. */
export async function openPeople(
  stand: Pick<Stand, "cloud" | "database">,
  name: string,
  projects: number,
  clients: number,
): Promise<Person[]> {
  await stand.database.query(`UPDATE quota_default SET "limit" = -1`);
  const people: Person[] = [];
  for (let index = 0; index < clients; index++) {
    const user = `${name}-${index + 1}`;
    const project = `${name}-${(index % projects) + 1}`;
    await createUser(stand.cloud.data, user, project);
    people.push(await enter(stand, user, project, `10.77.${Math.floor(index / 200)}.${(index % 200) + 1}`));
  }
  return people;
}

async function createUser(data: string, user: string, project: string): Promise<void> {
  const words = ["create-user", "--name", user, "--project", project, "--role", "member"];
  const child = spawn(process.execPath, ["apps/web/server/admin.ts", ...words], {
    cwd: repository,
    env: { ...process.env, DATABASE_URL: undefined, MADANG_DATA: data },
    stdio: ["pipe", "ignore", "inherit"],
  });
  child.stdin.end(`${password}\n`);
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`create-user ended with ${code}`);
}

async function enter(
  { cloud, database }: Pick<Stand, "cloud" | "database">,
  user: string,
  project: string,
  address: string,
): Promise<Person> {
  const cookie = await signInCookie(user, password, cloud.url);
  if (cookie === null) throw new Error(`sign-in of ${user} was refused`);
  const { rows } = await database.query<{ id: string }>(`SELECT id FROM project WHERE name = $1`, [project]);
  const projectId = rows[0]?.id ?? "";
  const client = openClient(cloud.url, cookie, address);
  return { client, cookie, projectId, form: await readLaunchForm(client, projectId) };
}
