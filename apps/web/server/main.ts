import { dirname } from "node:path";
import { pino } from "pino";
import { readEnv } from "./env.ts";
import { startWeb } from "./web.ts";

const stopWithinMs = 10_000;

const env = readEnv();
const log = pino({ level: env.logLevel, base: { process: "web" } });
const dir = dirname(import.meta.dirname);
/** `--no-pages`: API, streams, consoles and agents only, in a third of the memory. */
const pages = process.argv.includes("--no-pages") ? null : { dir, dev: process.argv.includes("--dev") };
const starting = startWeb(env, log, pages);

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  setTimeout(() => process.exit(1), stopWithinMs).unref();
  await (await starting)();
  log.info({}, "web has stopped");
  process.exit(0);
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    stop().catch((error) => {
      log.error({ err: error }, "web did not stop cleanly");
      process.exit(1);
    });
  });
}

starting.catch((error) => {
  log.fatal({ err: error }, "web did not start");
  process.exit(1);
});
