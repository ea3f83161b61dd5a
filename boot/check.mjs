import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { runStaticChecks } from "./checks.mjs";
import { report } from "./fault.mjs";
import { checkMachine, ensureNodeModules } from "./preparation.mjs";
import { createProgress } from "./progress.mjs";

const progress = createProgress();
const logs = mkdtempSync(`${tmpdir()}/madang-check-`);
try {
  checkMachine();
  const env = process.env;
  await ensureNodeModules({ progress, logs, env });
  const { failed } = await runStaticChecks({ progress, logs, env });
  process.exitCode = failed > 0 ? 1 : 0;
} catch (error) {
  report(error);
  process.exitCode = 1;
} finally {
  rmSync(logs, { recursive: true, force: true });
}
