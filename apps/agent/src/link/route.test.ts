import { once } from "node:events";
import { createServer } from "node:net";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAuthority, serve, type TestAuthority, type TestServer } from "../testing/authority.ts";
import { openLink } from "./client.ts";
import { openRoute, Unreachable } from "./route.ts";
import { connector } from "./tls.ts";

const log = pino({ level: "silent" });
const sha256 = "a".repeat(64);

type Web = TestServer & { asked: number };
let authority: TestAuthority;

/** Answers every image with its own name, until it is told to say no. */
async function startWeb(name: string, refuses = () => false): Promise<Web> {
  const server = await serve(authority, (_request, response) => {
    web.asked++;
    if (refuses()) {
      const cloud = { code: "Unauthenticated", reason: "agentRefused", message: "No.", retry: "never" };
      response.writeHead(401).end(JSON.stringify({ cloud }));
    } else response.end(name);
  });
  const web: Web = { ...server, asked: 0 };
  return web;
}

async function deadUrl(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return `https://127.0.0.1:${address.port}`;
}

beforeAll(async () => {
  authority = await makeAuthority();
});

describe("a route over several addresses", () => {
  const connections: { close: () => Promise<void> }[] = [];
  afterAll(() => Promise.all(connections.map((one) => one.close())));

  function linkOver(...urls: string[]) {
    const connection = connector({ ca: authority.pem });
    connections.push(connection);
    const link = openLink(openRoute(urls, log), connection);
    return async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of await link.image(sha256, new AbortController().signal)) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    };
  }

  it("passes over the dead, and stays where it was answered", async () => {
    const [first, second] = [await startWeb("first"), await startWeb("second")];
    const ask = linkOver(await deadUrl(), first.url, second.url);
    expect(await ask()).toBe("first");
    expect(await ask()).toBe("first");
    await first.close();
    expect(await ask()).toBe("second");
    expect(await ask()).toBe("second");
    expect(second.asked).toBe(2);
    await second.close();
  });

  it("comes back to the first when the last dies, and fails only when all are dead", async () => {
    const second = await startWeb("second");
    let first = await startWeb("first");
    const ask = linkOver(first.url, second.url);
    await first.close();
    expect(await ask()).toBe("second");
    await second.close();
    await expect(ask()).rejects.toMatchObject({ code: "Unavailable", options: { reason: "controlPlane" } });
    first = await startWeb("elsewhere");
    await expect(ask()).rejects.toMatchObject({ code: "Unavailable" });
    await first.close();
  });

  it("takes a refusal for an answer", async () => {
    const [first, second] = [await startWeb("first", () => true), await startWeb("second")];
    const ask = linkOver(first.url, second.url);
    await expect(ask()).rejects.toMatchObject({ code: "Unauthenticated" });
    expect(second.asked).toBe(0);
    await Promise.all([first.close(), second.close()]);
  });

  it("ends a call that hangs at an address another call found dead", async () => {
    const route = openRoute(["https://one", "https://two"], log);
    const answered: string[] = [];
    const waiting = route.through(async (base, lost) => {
      if (base === "https://one")
        await new Promise((_resolve, reject) => {
          lost.addEventListener("abort", () => reject(new Unreachable(lost.reason)), { once: true });
        });
      answered.push(`waited, then ${base}`);
    });
    await route.through(async (base) => {
      if (base === "https://one") throw new Unreachable(new Error("dead"));
      answered.push(`asked ${base}`);
    });
    await waiting;
    expect(answered.toSorted()).toEqual(["asked https://two", "waited, then https://two"]);
  });

  it("waits no longer than until another call is answered, or as long as it was told", async () => {
    const route = openRoute(["https://one"], log);
    const { signal } = new AbortController();
    const pausing = route.pause(600_000, signal);
    await expect(route.through(() => Promise.reject(new Unreachable(new Error("dead"))))).rejects.toThrow();
    await route.through(async () => "there");
    await pausing;
    await route.pause(10, signal);
    const ending = new AbortController();
    const ended = route.pause(600_000, ending.signal);
    ending.abort();
    await ended;
  });
});
