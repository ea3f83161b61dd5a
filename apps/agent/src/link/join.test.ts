import { X509Certificate } from "node:crypto";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { joinInput } from "@madang/core/wire/agent";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { makeAuthority, serve, type TestAuthority, type TestServer } from "../testing/authority.ts";
import { ensureIdentity, type JoinOptions, startRenewal } from "./join.ts";
import { type Identity, loadIdentity, makeRequest, renewalTime } from "./tls.ts";

const log = pino({ level: "silent" });
const token = "a-join-token-of-enough-length";
const hypervisorId = crypto.randomUUID();
const uri = { type: "url", value: `madang://hypervisor/${hypervisorId}` } as const;

let authority: TestAuthority;
let web: TestServer;
let directory: string;
let bodies: unknown[] = [];
let respond: (body: unknown, response: ServerResponse) => Promise<void>;

async function admit(body: unknown, response: ServerResponse): Promise<void> {
  const { csr } = joinInput.parse(body);
  const certificate = await authority.sign(csr, uri);
  response.end(JSON.stringify({ hypervisorId, certificate, ca: authority.pem }));
}

async function listener(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body: unknown = JSON.parse(await text(request));
  bodies.push({ path: request.url, body });
  await respond(body, response);
}

beforeAll(async () => {
  authority = await makeAuthority();
  web = await serve(authority, (request, response) => void listener(request, response));
});
afterAll(() => web.close());
beforeEach(async () => {
  bodies = [];
  respond = admit;
  directory = await mkdtemp(join(tmpdir(), "madang-join-"));
});
afterEach(() => rm(directory, { recursive: true }));

const options = (change: Partial<JoinOptions> = {}): JoinOptions => ({
  directory,
  urls: [web.url],
  token,
  caFingerprint: authority.fingerprint,
  name: "host-1",
  driver: "simulated",
  log,
  ...change,
});

describe("joining", () => {
  it("trades the token for a certificate once, and keeps it to itself", async () => {
    const identity = await ensureIdentity(options());
    expect(identity.hypervisorId).toBe(hypervisorId);
    expect(new X509Certificate(identity.certificate).subjectAltName).toBe(`URI:${uri.value}`);
    expect(await ensureIdentity(options({ token: null, caFingerprint: null }))).toEqual(identity);
    expect(bodies).toMatchObject([{ path: "/join", body: { token, name: "host-1", driver: "simulated" } }]);
    expect(JSON.stringify(bodies)).not.toContain("PRIVATE KEY");
    expect(await readdir(directory)).toEqual(["identity.json"]);
    expect((await stat(join(directory, "identity.json"))).mode & 0o777).toBe(0o600);
  });

  it("never tells the token to a server of another authority", async () => {
    const foreign = await makeAuthority();
    const impostor = await serve(foreign, (request, response) => void listener(request, response));
    try {
      await expect(ensureIdentity(options({ urls: [impostor.url] }))).rejects.toMatchObject({
        code: "Unauthenticated",
        options: { reason: "foreignAuthority" },
      });
      expect(bodies).toEqual([]);
    } finally {
      await impostor.close();
    }
  });

  it("is not fooled by a server that only shows the right authority", async () => {
    const foreign = await makeAuthority();
    const impostor = await serve({ ...foreign, pem: authority.pem }, (request, response) => {
      void listener(request, response);
    });
    try {
      await expect(ensureIdentity(options({ urls: [impostor.url] }))).rejects.toMatchObject({
        code: "Unavailable",
      });
      expect(bodies).toEqual([]);
    } finally {
      await impostor.close();
    }
  });

  it("asks again with the same request when the answer was lost", async () => {
    respond = async (_body, response) => {
      response.destroy();
    };
    await expect(ensureIdentity(options())).rejects.toMatchObject({ code: "Unavailable" });
    respond = admit;
    await ensureIdentity(options());
    const [first, second] = bodies;
    expect(second).toEqual(first);
  });

  it("passes on why it was refused", async () => {
    respond = async (_body, response) => {
      response.statusCode = 403;
      const refusal = { code: "Forbidden", reason: "joinTokenRefused", message: "No.", retry: "never" };
      response.end(JSON.stringify(refusal));
    };
    await expect(ensureIdentity(options())).rejects.toMatchObject({ code: "Forbidden" });
  });

  it("needs a token", async () => {
    await expect(ensureIdentity(options({ token: null }))).rejects.toMatchObject({
      options: { reason: "joinToken" },
    });
  });
});

describe("renewal", () => {
  async function identityFor(days: number, startedDaysAgo: number): Promise<Identity> {
    const { key, csr } = await makeRequest("host-1");
    const start = Date.now() - startedDaysAgo * 86_400_000;
    return { hypervisorId, key, ca: authority.pem, certificate: await authority.sign(csr, uri, start, days) };
  }

  it("is due when a third of the life is over", async () => {
    const { certificate } = await identityFor(30, 0);
    const due = renewalTime(certificate) - Date.now();
    expect(Math.abs(due - 10 * 86_400_000)).toBeLessThan(60_000);
  });

  it("makes a new key, saves it and uses it", async () => {
    let identity = await identityFor(30, 11);
    const old = identity;
    const asked: string[] = [];
    const renewal = startRenewal({
      directory,
      log,
      identity: () => identity,
      use: (next) => {
        identity = next;
      },
      renew: async (csr) => {
        asked.push(csr);
        return authority.sign(csr, uri, Date.now(), 30);
      },
    });
    await vi.waitFor(() => expect(identity).not.toEqual(old), { timeout: 10_000 });
    renewal.stop();
    expect(asked.length).toBe(1);
    expect(identity.key).not.toBe(old.key);
    expect(await loadIdentity(directory)).toEqual(identity);
  });

  it("asks again until it is answered, and never in a rush when its clock takes the new one for old, too", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    try {
      const identity = { current: await identityFor(30, 11) };
      const asked: number[] = [];
      const renewal = startRenewal({
        directory,
        log,
        identity: () => identity.current,
        use: (next) => {
          identity.current = next;
        },
        renew: async (csr) => {
          asked.push(Date.now());
          if (asked.length < 3) throw new Error("nobody signs at the moment");
          return authority.sign(csr, uri, Date.now() - 11 * 86_400_000, 30);
        },
      });
      while (asked.length < 5) {
        await vi.advanceTimersByTimeAsync(1_000);
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      renewal.stop();
      const gaps = asked.slice(1).map((at, index) => at - (asked[index] ?? 0));
      for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(60_000);
    } finally {
      vi.useRealTimers();
    }
  });
});
