import { defineConfig } from "@playwright/test";

const chromium = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
  ],
};

/** One cloud, started by the real `npm start`, serves every journey; two cores boot one guest at a time. */
export default defineConfig({
  testDir: "./journeys",
  workers: 1,
  fullyParallel: false,
  timeout: 300_000,
  expect: { timeout: 60_000 },
  globalSetup: "./stack/global-setup.ts",
  reporter: process.env.MADANG_E2E_REPORT
    ? [["list"], ["json", { outputFile: process.env.MADANG_E2E_REPORT }]]
    : [["list"]],
  outputDir: "test-results",
  use: {
    viewport: { width: 1440, height: 900 },
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    actionTimeout: 60_000,
    navigationTimeout: 60_000,
    launchOptions: chromium,
  },
});
