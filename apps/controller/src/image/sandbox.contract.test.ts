/** What a tool that was taken over by an image could do: looked at from inside, with ordinary commands. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudError } from "@madang/core/errors";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readFileThrough } from "./reading.ts";
import { missingWall, runConfined, sandboxUid } from "./sandbox.ts";

const folder = mkdtempSync(join(tmpdir(), "madang-sandbox-"));
const input = join(folder, "in");
const outputFolder = join(folder, "out");
beforeAll(() => {
  writeFileSync(input, "the image");
  chmodSync(folder, 0o711);
  mkdirSync(outputFolder, { mode: 0o700 });
  chownSync(input, sandboxUid, sandboxUid);
  chownSync(outputFolder, sandboxUid, sandboxUid);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inside = (
  script: string,
  seconds = 20,
  outputBytes = 1024 ** 2,
  signal = new AbortController().signal,
) => runConfined(["/usr/bin/sh", "-c", script], { input, outputFolder, outputBytes, seconds, signal });

test("the walls are there", () => {
  expect(missingWall()).toBeNull();
});

test("it is somebody else, without privileges, alone", async () => {
  const said = await inside("id -u; id -g; cat /in; ls /; ls /tmp; cat /out/nothing 2>/dev/null; true");
  const [uid, gid, ...rest] = said.split("\n");
  expect([uid, gid]).toEqual([String(sandboxUid), String(sandboxUid)]);
  expect(rest.join(" ").trim()).toBe("the imagedev in lib lib64 out tmp usr");
});

test.each([
  ["files of this machine", "cat /etc/hostname"],
  ["processes of this machine", "ls /proc/1"],
  ["the image itself", "echo x >> /in"],
  ["libraries", "touch /usr/lib/x"],
  ["longer files than were allowed", "head -c 2000000 /dev/zero > /out/long"],
  ["more processes than were allowed", "for i in $(seq 600); do sleep 20 & done"],
  ["a mount", "mount -t tmpfs none /tmp"],
  [
    "a connection",
    "exec 3<>/dev/tcp/127.0.0.1/22 || perl -MIO::Socket::INET -e 'IO::Socket::INET->new(\"1.1.1.1:53\") or exit 1'",
  ],
])("out of reach: %s", async (_name, script) => {
  await expect(inside(script)).rejects.toThrow(CloudError);
});

test("what it may write is there afterwards", async () => {
  await inside("echo done > /out/image");
  expect(readdirSync(outputFolder)).toContain("image");
});

test("a pipe that it left is neither waited for nor read", async () => {
  await inside("mkfifo /out/pipe");
  const order = { source: join(outputFolder, "pipe"), target: null, declared: null, algorithms: [] };
  await expect(readFileThrough(order, AbortSignal.timeout(30_000))).rejects.toThrow(CloudError);
});

test("it ends by the clock, and when nobody wants it any more", async () => {
  await expect(inside("sleep 600", 1)).rejects.toMatchObject({ options: { reason: "imageNotConverted" } });
  const ending = new AbortController();
  const running = inside("sleep 600", 600, 0, ending.signal);
  ending.abort(new Error("unwanted"));
  await expect(running).rejects.toThrow("unwanted");
});
