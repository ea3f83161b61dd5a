/** A libvirtd that is broken or means harm: whatever it sends, every call ends, typed, and the next connection works. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudError } from "@madang/core/errors";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { domainCalls } from "../domains.ts";
import { keepaliveProgram, procedure, remoteProgram } from "./procedures.ts";
import { openSession, type Session } from "./session.ts";
import { xdrWriter } from "./xdr.ts";

const runs = 400;
const patienceMs = 20_000;

type Call = { number: number; serial: number };
type Reaction = (call: Call) => Buffer[];

function packet(program: number, number: number, type: number, serial: number, status: number, body: Buffer) {
  const head = xdrWriter()
    .uint(28 + body.length)
    .uint(program)
    .uint(1)
    .int(number);
  return Buffer.concat([head.int(type).uint(serial).int(status).bytes(), body]);
}

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((all) => Buffer.from(all));
const words = fc
  .array(fc.oneof(fc.constantFrom(0, 1, 2, 16, 0x7fffffff, 0xffffffff), fc.nat(64)), { maxLength: 40 })
  .map((all) => {
    const writer = xdrWriter();
    for (const word of all) writer.uint(word);
    return writer.bytes();
  });
const body = fc.oneof(bytes(300), words);
const anyInt = fc.constantFrom(-1, 0, 1, 2, 3, 7, 0x7fffffff);

/** One thing that arrives where an answer was expected. */
const reaction: fc.Arbitrary<Reaction> = fc.oneof(
  bytes(2_000).map((noise) => () => [noise]),
  body.map((text) => ({ number, serial }: Call) => [packet(remoteProgram.id, number, 1, serial, 0, text)]),
  body.map((text) => ({ number, serial }: Call) => [packet(remoteProgram.id, number, 1, serial, 1, text)]),
  fc.tuple(anyInt, anyInt, anyInt, body).map(([type, status, off, text]) => ({ number, serial }: Call) => [
    packet(remoteProgram.id, number, type, (serial + off) >>> 0, status, text),
  ]),
  body.map((text) => () => [packet(remoteProgram.id, procedure.domainEventCallbackLifecycle, 2, 0, 0, text)]),
  body.map((text) => () => [packet(keepaliveProgram.id, 1, 2, 0, 0, text)]),
  fc
    .constantFrom(0, 3, 27, 28, 0x7fffffff, 0xffffffff)
    .map((length) => () => [xdrWriter().uint(length).bytes()]),
  fc.constant(() => [packet(remoteProgram.id, 999_999, 1, 0, 0, Buffer.alloc(0))]),
);
/** In pieces of this many bytes. */
const pieces = fc.constantFrom(1, 3, 4, 5, 28, 29, 100_000);

const opening: readonly number[] = [
  procedure.authList,
  procedure.connectOpen,
  procedure.connectSupportsFeature,
  procedure.connectDomainEventCallbackRegisterAny,
];

let folder: string;
let server: Server;
let session: Session;
let react: ((call: Call, socket: Socket) => void) | null = null;
/** Also the opening calls are answered by whoever means harm. */
let fromTheStart = false;
const path = () => join(folder, "sock");

function serve(socket: Socket): void {
  let held = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 4 && held.length >= held.readUInt32BE(0)) {
      const call = { number: held.readInt32BE(12), serial: held.readUInt32BE(20) };
      const program = held.readUInt32BE(4);
      held = held.subarray(held.readUInt32BE(0));
      if (program !== remoteProgram.id) continue;
      const honest = !react || (opening.includes(call.number) && !fromTheStart);
      if (!honest) react?.(call, socket);
      else
        socket.write(packet(remoteProgram.id, call.number, 1, call.serial, 0, xdrWriter().uint(9).bytes()));
    }
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "madang-hostile-"));
  server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(path(), resolve));
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

/** How it ended: "done", or the code; fails when it did not. */
async function outcome(call: Promise<unknown>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve("hangs"), patienceMs);
  });
  const ended = call.then(
    () => "done",
    (error: unknown) => (error instanceof CloudError ? error.code : `untyped: ${String(error)}`),
  );
  return await Promise.race([ended, late]).finally(() => clearTimeout(timer));
}

it("ends every call typed whatever arrives, and is served again by the next connection", async () => {
  const counts = new Map<string, number>();
  const rssBefore = process.memoryUsage().rss;
  const domain = { name: "madang-x", uuid: Buffer.alloc(16, 7), id: 1 };
  const plan = fc.record({
    reactions: fc.array(reaction, { minLength: 1, maxLength: 4 }),
    pieces,
    early: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(plan, async ({ reactions, pieces: size, early }) => {
      fromTheStart = early;
      react = (call, socket) => {
        const all = Buffer.concat(reactions.flatMap((one) => one(call)));
        for (let at = 0; at < all.length; at += size) socket.write(all.subarray(at, at + size));
        // It may say nothing more; that it is alive at all is the keepalive's matter.
        socket.end();
      };
      session = openSession(path());
      const domains = domainCalls(session);
      const calls: Promise<unknown>[] = [
        domains.list(),
        domains.state(domain),
        domains.metadata(domain),
        domains.liveXml(domain),
      ];
      calls.push(domains.lookup(crypto.randomUUID()), session.call(procedure.connectGetLibVersion));
      for (const code of await Promise.all(calls.map(outcome))) {
        counts.set(code, (counts.get(code) ?? 0) + 1);
        expect(code).not.toMatch(/hangs|untyped/);
      }
      react = null;
      await expect
        .poll(
          () =>
            session.call(procedure.connectGetLibVersion).then(
              (answer) => answer.uint(),
              () => null,
            ),
          {
            timeout: patienceMs,
          },
        )
        .toBe(9);
      session.close();
    }),
    { numRuns: runs, verbose: 1 },
  );
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const grownMib = Math.round((process.memoryUsage().rss - rssBefore) / 1024 ** 2);
  process.stdout.write(
    `libvirt fuzz: ${total} calls ${JSON.stringify([...counts])}, memory grew by ${grownMib} MiB\n`,
  );
  expect(total).toBe(runs * 6);
  expect(grownMib).toBeLessThan(300);
});
