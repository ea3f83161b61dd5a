import { randomInt } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { Fault } from "./fault.mjs";

/** Below the range from which Linux takes ports for outgoing connections (32768 and up), above the well-known ones. */
const lowest = 20_000;
const highest = 29_999;

/** Whether a server could listen there now. Throws if the address isn't this machine's. */
export function isFree(port, host = "127.0.0.1") {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else reject(error);
    });
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Throws a Fault unless the port that the person asked for is free. */
export async function demandPort(port, host, variable) {
  let free;
  try {
    free = await isFree(port, host);
  } catch (error) {
    throw new Fault(`Listening on ${host} port ${port} is not possible: ${error.message}.`, {
      advice: `Set ${variable === "PORT" ? "MADANG_LISTEN or PORT" : variable} to something this machine has.`,
    });
  }
  if (free) return;
  throw new Fault(`Port ${port} on ${host} is in use by another program.`, {
    advice: `Stop that program, or choose another port: ${variable}=${port + 1} npm start`,
  });
}

function keptPorts(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return {};
  }
}

async function freePort(host, taken, free) {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = randomInt(lowest, highest + 1);
    if (!taken.has(port) && (await free(port, host))) return port;
  }
  throw new Fault(`No free port was found from ${lowest} to ${highest}.`, {
    advice: "See what listens there: ss -ltn",
  });
}

/** Who shows figures, in the order of their ports when the person chose the first. */
const measured = ["web", "controller", "agent"];

/** For `choosePorts`: where each of the named processes shows its figures. */
export function metricsWanted({ metricsPort, metricsListen }, processes = measured) {
  const fixed = (index) => (metricsPort === null ? null : metricsPort + index);
  return Object.fromEntries(
    processes.map((name, index) => [`${name}Metrics`, { host: metricsListen, fixed: fixed(index) }]),
  );
}

/**
 * The ports of `wanted` (name → `{ host, fixed }`): a fixed one as given, else the one kept from the last start if it is
 * still free, else a new free one. The choice is kept in `file`.
 */
export async function choosePorts(file, wanted, free = isFree) {
  const kept = keptPorts(file);
  const chosen = {};
  for (const [name, { host, fixed }] of Object.entries(wanted)) {
    const taken = new Set(Object.values(chosen));
    const old = kept[name];
    const reusable = Number.isInteger(old) && !taken.has(old) && (await free(old, host));
    chosen[name] = fixed ?? (reusable ? old : await freePort(host, taken, free));
  }
  writeFileSync(file, `${JSON.stringify({ ...kept, ...chosen }, null, 2)}\n`);
  return chosen;
}
