import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { run } from "./command.mjs";
import { contentHash } from "./content-hash.mjs";
import { node24, repository } from "./repository.mjs";

const output = `${repository}/packages/db/src/generated`;
const stampFile = `${repository}/node_modules/.madang-generated`;

function wantedStamp() {
  const { version } = JSON.parse(readFileSync(`${repository}/node_modules/prisma/package.json`, "utf8"));
  return contentHash(repository, ["prisma/schema.prisma", "prisma.config.ts"], { extra: version });
}

/** Whether the database client was generated from the schema as it is now. */
export function isGenerated() {
  if (!existsSync(`${output}/client.ts`) || !existsSync(stampFile)) return false;
  return readFileSync(stampFile, "utf8") === wantedStamp();
}

export async function generateClient({ logs, env }) {
  await run(node24, [`${repository}/node_modules/prisma/build/index.js`, "generate"], {
    cwd: repository,
    env,
    log: `${logs}/prisma-generate.log`,
    what: "prisma generate",
  });
  writeFileSync(stampFile, wantedStamp());
}
