import { canConnect, createDatabase } from "./database.mjs";
import { log } from "./log.mjs";

/** PostgreSQL's and the socket's error codes as Prisma's. */
const prismaCodes = {
  "3D000": "P1003",
  "28P01": "P1000",
  28000: "P1010",
  "42P04": "P1009",
  ECONNREFUSED: "P1001",
  ENOTFOUND: "P1001",
};

async function perform(command, url) {
  if (command === "can-connect-to-database") return canConnect(url);
  if (command !== "create-database") throw new Error("unsupported command");
  log("INFO", { message: `Successfully created database ${await createDatabase(url)}` });
}

/** Runs `schema-engine cli COMMAND` and answers the exit code. */
export async function runCommand(command, url) {
  try {
    await perform(command, url);
    return 0;
  } catch (error) {
    const code = prismaCodes[error?.code] ?? "P1011";
    process.stderr.write("\n");
    log("ERROR", {
      is_panic: false,
      error_code: code,
      message: `${error.message || error.code} (${code})`,
      meta: {},
    });
    return 1;
  }
}
