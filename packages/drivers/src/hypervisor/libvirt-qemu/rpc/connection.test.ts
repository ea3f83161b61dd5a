import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keepaliveProgram, procedure, remoteProgram } from "./procedures.ts";
import { openSession, type Session } from "./session.ts";
import { xdrWriter } from "./xdr.ts";

type Call = { program: number; number: number; serial: number };

/** A libvirtd as far as framing goes: it sees each packet and answers by hand. */
function packet(
  program: number,
  number: number,
  type: number,
  serial: number,
  status: number,
  body: Buffer = Buffer.alloc(0),
) {
  const head = xdrWriter()
    .uint(28 + body.length)
    .uint(program)
    .uint(1)
    .int(number)
    .int(type)
    .uint(serial)
    .int(status);
  return Buffer.concat([head.bytes(), body]);
}

function calls(socket: Socket, answer: (call: Call) => void) {
  let held = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 4 && held.length >= held.readUInt32BE(0)) {
      const length = held.readUInt32BE(0);
      answer({ program: held.readUInt32BE(4), number: held.readInt32BE(12), serial: held.readUInt32BE(20) });
      held = held.subarray(length);
    }
  });
}

const opening: number[] = [
  procedure.authList,
  procedure.connectOpen,
  procedure.connectSupportsFeature,
  procedure.connectDomainEventCallbackRegisterAny,
];

describe("a libvirt session", () => {
  let folder: string;
  let server: Server;
  let session: Session;
  let sockets: Socket[];
  /** What the server does with a call after the opening ones. */
  let respond: (call: Call, socket: Socket) => void;
  const reply = (socket: Socket, { number, serial }: Call, body: Buffer = Buffer.alloc(0)) =>
    socket.write(packet(remoteProgram.id, number, 1, serial, 0, body));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "madang-rpc-"));
    sockets = [];
    server = createServer((socket) => {
      sockets.push(socket);
      calls(socket, (call) => {
        if (opening.includes(call.number)) reply(socket, call, xdrWriter().int(1).bytes());
        else respond(call, socket);
      });
    });
    await new Promise<void>((resolve) => server.listen(join(folder, "sock"), resolve));
    session = openSession(join(folder, "sock"));
  });
  afterEach(async () => {
    session.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });

  const version = () => session.call(procedure.connectGetLibVersion).then((answer) => answer.uint());

  it("matches answers to calls by serial, in any order and in any pieces", async () => {
    const waiting: { call: Call; socket: Socket }[] = [];
    respond = (call, socket) => {
      waiting.push({ call, socket });
      if (waiting.length < 3) return;
      const bytes = waiting
        .reverse()
        .map(({ call }, index) =>
          packet(remoteProgram.id, call.number, 1, call.serial, 0, xdrWriter().uint(index).bytes()),
        );
      for (const byte of Buffer.concat(bytes)) socket.write(Buffer.from([byte]));
    };
    expect(await Promise.all([version(), version(), version()])).toEqual([2, 1, 0]);
  });

  it("maps libvirt's errors", async () => {
    const error = (code: number, text: string) => xdrWriter().int(code).int(10).optionalString(text).bytes();
    const faults = [
      error(42, "no domain"),
      error(55, "not running"),
      error(1, "write: No space left on device"),
    ];
    respond = (call, socket) => {
      socket.write(packet(remoteProgram.id, call.number, 1, call.serial, 1, faults.shift()));
    };
    await expect(version()).rejects.toMatchObject({ code: "NotFound" });
    await expect(version()).rejects.toMatchObject({ code: "InvalidState" });
    await expect(version()).rejects.toMatchObject({
      code: "Unavailable",
      options: { reason: "DiskFull", retry: "elsewhere" },
    });
  });

  it("fails what was under way when the connection ends, and connects anew for the next call", async () => {
    respond = (_call, socket) => socket.destroy();
    await expect(version()).rejects.toMatchObject({ code: "Unavailable", options: { retry: "later" } });
    respond = (call, socket) => reply(socket, call, xdrWriter().uint(9).bytes());
    expect(await version()).toBe(9);
    expect(sockets).toHaveLength(2);
  });

  it("ends a connection that sends nonsense", async () => {
    respond = (_call, socket) => {
      socket.write(Buffer.from("ffffffff", "hex"));
    };
    await expect(version()).rejects.toMatchObject({ code: "Unavailable" });
  });

  it("answers pings, and delivers events", async () => {
    const ponged = Promise.withResolvers<number>();
    const happened = Promise.withResolvers<string>();
    respond = (call, socket) => {
      if (call.program === keepaliveProgram.id) return ponged.resolve(call.number);
      const domain = { name: "madang-x", uuid: Buffer.alloc(16, 7), id: 1 };
      const body = xdrWriter().int(0).domain(domain).int(5).int(0).bytes();
      socket.write(packet(remoteProgram.id, procedure.domainEventCallbackLifecycle, 2, 0, 0, body));
      socket.write(packet(keepaliveProgram.id, keepaliveProgram.ping, 2, 0, 0));
      reply(socket, call, xdrWriter().uint(1).bytes());
    };
    session.listen(
      ({ domain }) => happened.resolve(domain.name),
      () => {},
    );
    await version();
    expect(await happened.promise).toBe("madang-x");
    expect(await ponged.promise).toBe(keepaliveProgram.pong);
  });

  it("says that libvirt does not answer when nobody listens", async () => {
    const nobody = openSession(join(folder, "nobody"));
    await expect(nobody.call(procedure.connectGetLibVersion)).rejects.toMatchObject({ code: "Unavailable" });
    nobody.close();
  });
});
