import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { Fault } from "./fault.mjs";
import { Stopped } from "./supervisor.mjs";
import { until } from "./waiting.mjs";

const answerSeconds = 10;
const wildcard = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** GET /api/health of the portal on this machine: `{ status, body }`, or null if nothing answers. */
export function askHealth({ url, listen, port }) {
  const secure = url.startsWith("https:");
  const send = secure ? httpsRequest : httpRequest;
  const options = {
    host: wildcard[listen] ?? listen,
    port,
    path: "/api/health",
    headers: { host: new URL(url).host },
    timeout: answerSeconds * 1000,
    // The certificate is for the public name; here the question is only whether the portal is up.
    rejectUnauthorized: false,
  };
  return new Promise((resolve) => {
    const request = send(options, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, body }));
      response.on("error", () => resolve(null));
    });
    request.on("error", () => resolve(null));
    request.on("timeout", () => request.destroy());
    request.end();
  });
}

const startSeconds = 180;

/** Waits until all parts are up; throws a Fault with what the portal says is missing. */
export async function waitForHealth(settings, supervisor) {
  let last = null;
  const healthy = await until(
    async () => {
      if (supervisor.isStopping()) throw new Stopped();
      const fault = supervisor.failing();
      if (fault) throw fault;
      last = await askHealth(settings);
      return last?.status === 200;
    },
    { seconds: startSeconds, every: 300 },
  );
  if (healthy) return;
  throw new Fault(
    `Madang is not healthy after ${startSeconds} s: ${last?.body.slice(0, 1000) ?? "the portal does not answer"}`,
    {
      advice: `The logs of all parts are in ${settings.data}/log.`,
    },
  );
}
