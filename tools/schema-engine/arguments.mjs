import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const commands = ["can-connect-to-database", "create-database"];

/** Prisma's argv: `[--datasource JSON] [--datamodels FILE]… [--version | cli COMMAND]`. */
export function readArguments(argv) {
  const valuesOf = (name) => argv.flatMap((value, at) => (argv[at - 1] === name ? [value] : []));
  const datasource = JSON.parse(valuesOf("--datasource")[0] ?? "{}");
  return {
    url: datasource.url ?? process.env.DATABASE_URL,
    shadowUrl: datasource.shadowDatabaseUrl,
    datamodels: valuesOf("--datamodels").map((file) => [file, readFileSync(resolve(file), "utf8")]),
    version: argv.includes("--version"),
    command: argv.includes("cli") ? (argv.find((word) => commands.includes(word)) ?? "unknown") : null,
  };
}
