import { execFileSync, type StdioOptions } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type CredentialSecret, cloudsYaml, dotenv, openrc, shellQuoted } from "./credential-files.ts";

const folder = mkdtempSync(join(tmpdir(), "madang-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plain: CredentialSecret = {
  url: "https://cloud.example:8443",
  id: "0b5a6a9c-6d0c-7c55-8f2f-0c8f0a6c2a11",
  secret: "-_Zz9x".padEnd(43, "0"),
  bearer: `madang.0b5a6a9c-6d0c-7c55-8f2f-0c8f0a6c2a11.${"-_Zz9x".padEnd(43, "0")}`,
  name: "robot",
  project: "garden",
};
const hostile = [
  "a\nclouds: {evil: {}}",
  "'; touch pwned; '",
  '"$(touch pwned)`touch pwned`',
  "x\r\nexport OS_AUTH_URL=https://evil.example",
  "!!js/function 'x'",
  "*anchor &anchor <<: # : - [ ] { }",
  "마당 \u2028 \u0000 \u001b[2J",
  "null",
  "12",
  "no",
  "1:30",
  " -",
  "=cmd()|' /C calc'!A0",
];
const variables = {
  OS_AUTH_TYPE: "v3applicationcredential",
  OS_AUTH_URL: `${plain.url}/identity/v3`,
  OS_IDENTITY_API_VERSION: "3",
  OS_INTERFACE: "public",
  OS_APPLICATION_CREDENTIAL_ID: plain.id,
  OS_APPLICATION_CREDENTIAL_SECRET: plain.secret,
};

/** What bash has in its environment after it read the file, and whether it ran anything. */
function sourced(text: string): Record<string, string> {
  const file = join(folder, "openrc.sh");
  writeFileSync(file, text);
  const script = `set -eu; cd "$1"; before=$(ls); . ./openrc.sh; test "$before" = "$(ls)"; env -0`;
  const env = {
    NODE_ENV: process.env.NODE_ENV,
    PATH: process.env.PATH,
    OS_PASSWORD: "of another",
    OS_USERNAME: "another",
  };
  const out = execFileSync("bash", ["-c", script, "bash", folder], {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pairs = out.split("\0").filter((line) => /^(OS|MADANG)_/.test(line));
  return Object.fromEntries(pairs.map((line) => [line.split("=")[0], line.slice(line.indexOf("=") + 1)]));
}

describe.each(["garden", ...hostile])("a project called %j", (project) => {
  const credential = { ...plain, project, name: `robot of ${project}` };

  test("clouds.yaml says what openstacksdk reads", () => {
    expect(parse(cloudsYaml(credential), { schema: "yaml-1.1" })).toEqual({
      clouds: {
        [project]: {
          auth_type: "v3applicationcredential",
          auth: {
            auth_url: "https://cloud.example:8443/identity/v3",
            application_credential_id: plain.id,
            application_credential_secret: plain.secret,
          },
          interface: "public",
          identity_api_version: 3,
        },
      },
    });
  });

  test("openrc.sh sets its variables and nothing else", () => {
    expect(sourced(openrc(credential))).toEqual(variables);
  });

  test(".env is read alike by node and by a shell", () => {
    const expected = { ...variables, MADANG_URL: plain.url, MADANG_TOKEN: plain.bearer };
    expect(parseEnv(dotenv(credential))).toEqual(expected);
    expect(sourced(`set -a\nunset OS_PASSWORD OS_USERNAME\n${dotenv(credential)}`)).toEqual(expected);
  });
});

test("whatever is quoted is one word of the shell", () => {
  const text = fc.string({ unit: "binary", maxLength: 60 }).filter((one) => !one.includes("\0"));
  fc.assert(
    fc.property(text, (one) => {
      const stdio: StdioOptions = ["ignore", "pipe", "inherit"];
      const script = `printf %s ${shellQuoted(one)}`;
      return execFileSync("bash", ["-c", script], { encoding: "utf8", stdio }) === one;
    }),
    { numRuns: 30 },
  );
});
