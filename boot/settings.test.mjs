import { expect, test } from "vitest";
import { readSettings } from "./settings.mjs";

test("defaults for root and for everybody else", () => {
  expect(readSettings({}, 0)).toMatchObject({
    data: "/var/lib/madang",
    port: 3000,
    url: "http://127.0.0.1:3000",
    hypervisor: "auto",
  });
  expect(readSettings({}, 1000).data).toMatch(/\/\.local\/share\/madang$/);
});

test("beyond loopback, or with a certificate, the portal speaks TLS", () => {
  expect(readSettings({ MADANG_LISTEN: "192.0.2.7" }, 0).url).toBe("https://192.0.2.7:3000");
  expect(readSettings({ MADANG_LISTEN: "::1", PORT: "81" }, 0).url).toBe("http://[::1]:81");
  expect(readSettings({ MADANG_TLS_CERT: "/c", MADANG_TLS_KEY: "/k" }, 0).url).toBe("https://127.0.0.1:3000");
});

test.each([
  [{ PORT: "http" }, /PORT/],
  [{ PORT: "0" }, /PORT/],
  [{ MADANG_AGENT_PORT: "70000" }, /MADANG_AGENT_PORT/],
  [{ MADANG_HYPERVISOR: "xen" }, /MADANG_HYPERVISOR/],
  [{ MADANG_TLS_CERT: "/c" }, /MADANG_TLS/],
])("%j is refused", (env, message) => {
  expect(() => readSettings(env, 0)).toThrow(message);
});

test("processes inherit none of our own settings, and no secret", () => {
  const { base } = readSettings(
    { PATH: "/bin", MADANG_ADMIN_PASSWORD: "x", DATABASE_URL: "y", AWS_SECRET: "z" },
    0,
  );
  expect(base).toEqual({ PATH: "/bin" });
});
