import { request } from "node:https";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Answer, startTestWeb, type TestWeb, until } from "./testing.ts";

let web: TestWeb;
let ca: string;
beforeAll(async () => {
  web = await startTestWeb(false);
  const row = await web.database.prisma.certificate.findFirstOrThrow({ where: { kind: "ca" } });
  ca = row.pem ?? "";
}, 180_000);
afterAll(() => web.close(), 60_000);

function get(path: string, trusted: string | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${web.env.url}${path}`, { agent: false, ca: trusted }, (response) => {
      const { statusCode: status = 0, headers } = response;
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status, headers, body: Buffer.concat(chunks) }));
    });
    sent.on("error", reject);
    sent.end();
  });
}

test("beyond loopback the public port has a certificate of Madang's own CA, and cookies that need it", async () => {
  await until(async () => (await get("/api/health", ca)).status === 200);
  await expect(get("/api/health", undefined)).rejects.toThrow(/certificate/i);
  const { headers, body } = await get("/api/auth/csrf", ca);
  expect(JSON.parse(body.toString()).csrfToken).toMatch(/^[0-9a-f]{64}$/);
  expect(headers["set-cookie"]?.join()).toMatch(/__Host-next-auth\.csrf-token-[0-9a-f]{8}=.*Secure/);
  expect(headers["strict-transport-security"]).toBeDefined();
});
