import { spawn } from "node:child_process";
import { repository } from "./cloud.ts";

/** `npm run admin` as on the host, with `input` on its standard input; answers what it printed. */
export async function adminCommand(data: string, args: readonly string[], input = ""): Promise<string> {
  const child = spawn("npm", ["run", "--silent", "admin", "--", ...args], {
    cwd: repository,
    env: { ...process.env, MADANG_DATA: data },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  child.stdin.end(input);
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`npm run admin ${args[0]} ended with ${code}`);
  return printed;
}
