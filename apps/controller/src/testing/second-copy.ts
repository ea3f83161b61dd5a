/** The whole a second time in another folder, under another version: what an upgrade starts. */
import { cp, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "./whole-cloud.ts";

const sources = ["apps/agent", "packages/core", "packages/drivers", "packages/telemetry", "packages/api"];
const isSource = (path: string) =>
  !/node_modules|\.test\.ts$|\/generated\b/.test(path.slice(repository.length));

/** Its packages are its own; those of others are shared by links. */
export async function secondCopy(folder: string, version: string): Promise<void> {
  for (const source of sources)
    await cp(join(repository, source), join(folder, source), { recursive: true, filter: isSource });
  const manifest: object = JSON.parse(await readFile(join(repository, "package.json"), "utf8"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ ...manifest, version }));
  const modules = join(folder, "node_modules");
  await mkdir(join(modules, "@madang"), { recursive: true });
  for (const name of await readdir(join(repository, "node_modules")))
    if (name !== "@madang") await symlink(join(repository, "node_modules", name), join(modules, name));
  for (const source of sources)
    await symlink(join(folder, source), join(modules, "@madang", source.split("/").at(-1) ?? ""));
}
