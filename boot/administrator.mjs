import { writeFileSync } from "node:fs";
import { ask } from "./command.mjs";
import { Fault } from "./fault.mjs";
import { node24, repository } from "./repository.mjs";

/** The one JSON line among what bootstrap printed. */
function answerOf(stdout) {
  const line = stdout
    .split("\n")
    .findLast((text) => text.startsWith('{"adminName"') || text.includes('"adminName"'));
  return line ? JSON.parse(line) : null;
}

/**
 * Runs the portal's bootstrap: first administrator, flavors, images, a join token for
 * each of this machine's hypervisors that has not joined.
 * A password that it made is kept in `passwordFile`.
 */
export async function bootstrap({ env, hypervisorName, hypervisors, passwordFile }) {
  const file = `${repository}/apps/web/server/bootstrap.ts`;
  const args = [file, "--join-token", hypervisorName, "--hypervisors", String(hypervisors)];
  const { code, stdout, stderr } = await ask(node24, args, { cwd: repository, env });
  const answer = code === 0 ? answerOf(stdout) : null;
  if (!answer) {
    throw new Fault(`Setting up the first administrator and images failed (exit code ${code}).`, {
      tail: `${stdout}${stderr}`.trimEnd().split("\n").slice(-25).join("\n"),
    });
  }
  if (answer.adminPassword) writeFileSync(passwordFile, `${answer.adminPassword}\n`, { mode: 0o600 });
  return answer;
}
