import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";

const stopping = `
  import { onStopSignals } from ${JSON.stringify(new URL("./signals.mjs", import.meta.url).href)};
  const work = setInterval(() => {}, 1000);
  onStopSignals(
    async () => {
      for (let step = 0; step < 5; step++) {
        process.stdout.write("a step of the stop\\n");
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      clearInterval(work);
      process.exitCode = 7;
    },
    () => process.exit(130),
  );
  process.stdout.write("ready\\n");
`;

test("a stop goes on when the reader of its pipe has ended", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", stopping], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(child.stdout, "data");
  child.stdout.destroy();
  child.kill("SIGTERM");
  const [code] = await once(child, "exit");
  expect(code).toBe(7);
});
