import { defineConfig } from "vitest/config";
import { servers } from "./tools/template-database.mjs";

const outside = ["**/node_modules/**", "**/.next/**", "**/generated/**", "e2e/**", "data/**"];
const needsPostgres = "**/*.integration.test.ts";
const needsHypervisor = "**/*.contract.test.ts";
/** Two shared cores and emulated guests: a limit only ends what hangs. */
const minutes = 60_000;
/** What `expect.poll` waits for comes when the machine has time for it. */
const patient = { poll: { timeout: minutes / 2 } };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["**/*.test.{ts,tsx,mjs}"],
          exclude: [...outside, needsPostgres, needsHypervisor],
          testTimeout: minutes,
          expect: patient,
        },
      },
      {
        test: {
          name: "integration",
          include: [needsPostgres],
          exclude: outside,
          globalSetup: ["tools/template-database.mjs"],
          maxWorkers: servers,
          testTimeout: 2 * minutes,
          hookTimeout: 2 * minutes,
          expect: patient,
        },
      },
      {
        test: {
          name: "contract",
          include: [needsHypervisor],
          exclude: outside,
          fileParallelism: false,
          testTimeout: 5 * minutes,
          hookTimeout: 5 * minutes,
          expect: patient,
        },
      },
    ],
  },
});
