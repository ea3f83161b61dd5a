import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, expect, test } from "vitest";
import { forbidDaemons, undoInterrupted, wasInterrupted } from "./daemon-policy.mjs";

let folder;
let files;
let prefix;
beforeEach(() => {
  folder = mkdtempSync(`${tmpdir()}/madang-policy-`);
  files = { policy: `${folder}/policy-rc.d`, note: `${folder}/installing` };
  // Its own systemctl, which writes down what it is asked.
  writeFileSync(`${folder}/systemctl`, `#!/bin/sh\necho "$@" >> ${folder}/asked\n`, { mode: 0o755 });
  prefix = ["env", `PATH=${folder}:${process.env.PATH}`];
});
afterEach(() => rmSync(folder, { recursive: true }));

const asked = () => (existsSync(`${folder}/asked`) ? readFileSync(`${folder}/asked`, "utf8") : "");

test("nothing starts while packages are installed, nor at the next boot, and nothing is left", async () => {
  const allow = await forbidDaemons(["ovn-host", "qemu-utils"], prefix, files);
  expect(spawnSync(files.policy).status).toBe(101);
  expect(wasInterrupted(files), "it is still going on").toBe(false);
  await allow();
  expect(asked()).toBe("disable ovn-host.service\n");
  expect([existsSync(files.policy), existsSync(files.note)]).toEqual([false, false]);
});

test("another's policy is left alone", async () => {
  writeFileSync(files.policy, "#!/bin/sh\nexit 0\n", { mode: 0o755 });
  const allow = await forbidDaemons(["qemu-utils"], prefix, files);
  await allow();
  expect(readFileSync(files.policy, "utf8")).toBe("#!/bin/sh\nexit 0\n");
  expect(asked()).toBe("");
});

test("what a killed install left is undone by the next start, or by the next install", async () => {
  const killed = `import { forbidDaemons } from ${JSON.stringify(new URL("./daemon-policy.mjs", import.meta.url).href)};
    await forbidDaemons(["ovn-central"], ${JSON.stringify(prefix)}, ${JSON.stringify(files)});
    process.kill(process.pid, "SIGKILL");`;
  const leave = () => spawnSync(process.execPath, ["--input-type=module", "-e", killed]);
  leave();
  expect([existsSync(files.policy), wasInterrupted(files)]).toEqual([true, true]);
  await undoInterrupted(prefix, files);
  expect(asked()).toBe("disable ovn-central.service\n");
  expect([existsSync(files.policy), existsSync(files.note)]).toEqual([false, false]);

  leave();
  const allow = await forbidDaemons(["ovn-host"], prefix, files);
  await allow();
  expect(asked()).toBe("disable ovn-central.service\ndisable ovn-central.service ovn-host.service\n");
  expect([existsSync(files.policy), existsSync(files.note)]).toEqual([false, false]);
});
