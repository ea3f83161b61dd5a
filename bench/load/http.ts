/** A client of the API on kept-alive connections, as a browser has them, with as little of its own in the way as can be. */
import { Agent, request } from "node:http";

export type Client = {
  post: (path: string, input: object) => Promise<unknown>;
  get: (path: string, input: object) => Promise<unknown>;
  close: () => void;
};

/** `address`: the client's own, as the proxy in front of Madang would tell it. */
export function openClient(url: string, cookie: string, address = "127.0.0.1"): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  const headers = { cookie, origin: url, "content-type": "application/json", "x-forwarded-for": address };
  const send = (method: string, path: string, body: string | null) =>
    new Promise<unknown>((resolve, reject) => {
      const call = request(`${url}/api/trpc/${path}`, { method, headers, agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.once("error", reject);
        response.once("end", () => {
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) resolve(JSON.parse(text).result.data.json);
          else reject(new Error(`${path} was answered ${response.statusCode}: ${text.slice(0, 500)}`));
        });
      });
      call.once("error", reject);
      call.end(body ?? undefined);
    });
  return {
    post: (path, input) => send("POST", path, JSON.stringify({ json: input })),
    get: (path, input) =>
      send("GET", `${path}?input=${encodeURIComponent(JSON.stringify({ json: input }))}`, null),
    close: () => agent.destroy(),
  };
}
