/** The client against a server with bad manners, which is another process. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { OvsdbClient } from "./client.ts";
import { OvsdbError } from "./error.ts";

const server = fileURLToPath(new URL("../testing/hostile-ovsdb.ts", import.meta.url));
const nothing = [{ op: "comment", comment: "" }] as const;
const soon = () => AbortSignal.timeout(30_000);

describe("the OVSDB client, with a server that", () => {
  const cleanings: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const clean of cleanings.splice(0).toReversed()) await clean();
  });

  async function connectTo(manner: string): Promise<OvsdbClient> {
    const folder = await mkdtemp(join(tmpdir(), "ovsdb-"));
    cleanings.push(() => rm(folder, { recursive: true }));
    const path = join(folder, "db.sock");
    const child = spawn(process.execPath, [server, path, manner], { stdio: ["ignore", "pipe", "inherit"] });
    cleanings.push(() => end(child));
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const client = new OvsdbClient({
      remotes: `unix:${path}`,
      database: "Fake",
      tables: { Thing: ["name", "unheard-of"], Unheard: ["name"] },
      bounds: { probeMs: 200, messageBytes: 1 << 20, waiting: 3 },
      pause: { first: 10, longest: 50 },
    });
    cleanings.push(() => client.close());
    return client;
  }

  const refusal = (attempt: Promise<unknown>): Promise<unknown> =>
    attempt.then(
      () => null,
      (error: unknown) => error,
    );

  it("says nothing at all: is not waited for for ever", async () => {
    const client = await connectTo("silent");
    const error = await refusal(client.whenSynced(AbortSignal.timeout(1_500)));
    expect(error).toBeInstanceOf(OvsdbError);
    expect(error).toMatchObject({ code: "disconnected", message: expect.stringContaining("silent") });
    expect(client.synced).toBe(false);
  });

  it.for([
    ["closes", "disconnected"],
    ["half", "disconnected"],
    ["garbage", "protocol"],
    ["noParameters", "protocol"],
    ["endless", "overflow"],
    ["unknownTable", "protocol"],
    ["fallsSilent", "disconnected"],
  ])("%s in a transaction: all who wait are told, and it connects again", async ([manner = "", code]) => {
    const client = await connectTo(manner);
    await client.whenSynced(soon());
    const lost = new Promise<void>((resolve) => {
      const forget = client.onChange((changes) => {
        if (changes !== null) return;
        forget();
        resolve();
      });
    });
    const waiting = [client.transact(nothing), client.transact(nothing)].map(refusal);
    for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ name: "OvsdbError", code });
    await lost;
    await client.until(() => client.synced && client.rows("Thing").size === 1, soon());
    expect([...client.rows("Thing").values()]).toEqual([{ name: "in the same breath" }]);
  });

  it("answers calls that nobody made, and tells what nobody asked: takes its own", async () => {
    const client = await connectTo("strangers");
    await client.whenSynced(soon());
    expect(await client.transact(nothing)).toEqual([{ count: 1 }]);
    expect(client.synced).toBe(true);
  });

  it("asks for a sign of life: gives one", async () => {
    const client = await connectTo("askedEcho");
    await client.whenSynced(soon());
    expect(await client.transact(nothing)).toEqual([{ count: 42 }]);
  });

  it("answers nonsense: tells the caller", async () => {
    const client = await connectTo("wrongResult");
    await client.whenSynced(soon());
    expect(await refusal(client.transact(nothing))).toMatchObject({ code: "protocol" });
  });

  it("does not answer: lets no more wait than its bound, and all go when it closes", async () => {
    const client = await connectTo("fallsSilent");
    await client.whenSynced(soon());
    const waiting = [1, 2, 3].map(() => refusal(client.transact(nothing)));
    expect(await refusal(client.transact(nothing))).toMatchObject({ code: "overflow" });
    await client.close();
    for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ code: "disconnected" });
    expect(await refusal(client.whenSynced(soon()))).toMatchObject({ code: "disconnected" });
    expect(await refusal(client.transact(nothing))).toMatchObject({ code: "disconnected" });
  });

  it("does not answer: forgets a caller who has gone", async () => {
    const client = await connectTo("fallsSilent");
    await client.whenSynced(soon());
    const gone = new AbortController();
    const waiting = refusal(client.transact(nothing, gone.signal));
    gone.abort(new Error("gone"));
    expect(await waiting).toMatchObject({ message: "gone" });
    expect(client.synced).toBe(true);
  });

  it("is not there: says why, and ends when told", async () => {
    const client = new OvsdbClient({
      remotes: "unix:/nowhere/one.sock,unix:/nowhere/other.sock",
      database: "Fake",
      tables: {},
    });
    const error = await refusal(client.whenSynced(AbortSignal.timeout(300)));
    expect(error).toMatchObject({ code: "disconnected", message: expect.stringContaining("ENOENT") });
    await client.close();
  });
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}
