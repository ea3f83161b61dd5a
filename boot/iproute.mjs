import { ask } from "./command.mjs";
import { Fault } from "./fault.mjs";

/** Throws a Fault with what the command said. */
export async function must(command, args, options = {}) {
  const { code, stdout, stderr } = await ask(command, args, options);
  if (code === 0) return stdout;
  throw new Fault(`${[command, ...args].join(" ").slice(0, 300)}: ${(stderr || stdout).trim()}`, {
    advice: "Without tenant networks it starts with MADANG_NETWORK=none.",
  });
}

export const ip = (...args) => must("ip", args);

/** Whether this host has it; /sys would tell of the namespace in which it was mounted. */
export const hasLink = async (link) => (await ask("ip", ["link", "show", "dev", link])).code === 0;

export const hasLinkInside = async (namespace, link) =>
  (await ask("ip", ["-n", namespace, "link", "show", "dev", link])).code === 0;
