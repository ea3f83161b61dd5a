/**
 * One connection to libvirtd's unix socket: framing, calls matched to replies by serial, lifecycle events, keepalive.
 * It ends once and stays ended; session.ts makes the next one. A call that gets no answer in time ends it, since the
 * daemon may still do the work and only a fresh look tells.
 */
import type { Socket } from "node:net";
import { disconnected, faultToCloudError, readFault } from "./fault.ts";
import {
  keepaliveFeature,
  keepaliveProgram,
  lifecycleEvent,
  messageStatus,
  messageType,
  type Procedure,
  procedure,
  type QemuProcedure,
  qemuProgram,
  remoteProgram,
} from "./procedures.ts";
import { type Domain, type XdrReader, type XdrWriter, xdrReader, xdrWriter } from "./xdr.ts";

const headerBytes = 28;
/** VIR_NET_MESSAGE_MAX of virnetprotocol.x, with its length word. */
const maxPacketBytes = 32 * 1024 * 1024 + 4;
const pingEveryMs = 10_000;
/** Silence that counts as death; a busy libvirtd still answers pings from its event loop. */
const deadAfterMs = 60_000;
const callLimitMs = 180_000;

export type LifecycleEvent = { domain: Domain; event: number; detail: number };

export type Connection = {
  call(number: Procedure, args?: XdrWriter): Promise<XdrReader>;
  callQemu(number: QemuProcedure, args: XdrWriter): Promise<XdrReader>;
  onLifecycle: (event: LifecycleEvent) => void;
  /** Settles when the connection is over, with the reason. */
  readonly ended: Promise<Error>;
  end(reason: string): void;
};

type Waiting = { resolve: (reader: XdrReader) => void; reject: (error: Error) => void };
type Header = { program: number; number: number; type: number; serial: number; status: number };

/** Opens qemu:///system on a connected socket and subscribes to lifecycle events. */
export async function openConnection(socket: Socket): Promise<Connection> {
  const connection = frame(socket);
  try {
    await connection.call(procedure.authList);
    await connection.call(procedure.connectOpen, xdrWriter().optionalString("qemu:///system").uint(0));
    await connection.call(procedure.connectSupportsFeature, xdrWriter().int(keepaliveFeature));
    await connection.call(
      procedure.connectDomainEventCallbackRegisterAny,
      xdrWriter().int(lifecycleEvent).int(0),
    );
    return connection;
  } catch (error) {
    connection.end("opening failed");
    throw error;
  }
}

type Line = {
  socket: Socket;
  waiting: Map<number, Waiting>;
  serial: number;
  heard: number;
  over: Error | null;
  readonly end: (reason: string) => void;
};

function frame(socket: Socket): Connection {
  const { promise: ended, resolve: finish } = Promise.withResolvers<Error>();
  const line: Line = {
    ...{ socket, waiting: new Map<number, Waiting>(), serial: 0, heard: performance.now(), over: null },
    end(reason) {
      if (line.over) return;
      line.over = disconnected(reason);
      clearInterval(pinger);
      socket.destroy();
      for (const call of line.waiting.values()) call.reject(line.over);
      line.waiting.clear();
      finish(line.over);
    },
  };
  const pinger = setInterval(() => ping(line), pingEveryMs);
  pinger.unref();
  const connection: Connection = {
    onLifecycle: () => {},
    ended,
    end: line.end,
    call: (number, args = xdrWriter()) => call(line, remoteProgram.id, number, args),
    callQemu: (number, args) => call(line, qemuProgram.id, number, args),
  };
  const packets = splitter((header, body) => receive(line, connection, header, body));
  socket.on("data", (chunk: Buffer) => {
    line.heard = performance.now();
    try {
      packets(chunk);
    } catch (error) {
      line.end(error instanceof Error ? error.message : String(error));
    }
  });
  socket.on("error", (error) => line.end(error.message));
  socket.on("close", () => line.end("the socket was closed"));
  // Closed before anybody listened: there will be no event.
  if (socket.destroyed) line.end("the socket was closed");
  return connection;
}

function call(line: Line, program: number, number: number, args: XdrWriter): Promise<XdrReader> {
  if (line.over) return Promise.reject(line.over);
  line.serial = (line.serial % 0x7fffffff) + 1;
  const { serial } = line;
  const { promise, resolve, reject } = Promise.withResolvers<XdrReader>();
  const late = `no answer to procedure ${number} in ${callLimitMs} ms`;
  const timer = setTimeout(() => line.end(late), callLimitMs);
  line.waiting.set(serial, { resolve, reject });
  const header = { program, number, type: messageType.call, serial, status: 0 };
  send(line.socket, header, args.bytes());
  return promise.finally(() => clearTimeout(timer));
}

function ping(line: Line): void {
  if (performance.now() - line.heard > deadAfterMs) line.end(`silent for ${deadAfterMs} ms`);
  else send(line.socket, keepalive(keepaliveProgram.ping));
}

function receive(line: Line, connection: Connection, header: Header, body: Buffer): void {
  if (header.program === keepaliveProgram.id) {
    if (header.number === keepaliveProgram.ping) send(line.socket, keepalive(keepaliveProgram.pong));
    return;
  }
  if (header.type === messageType.message) {
    deliver(header, xdrReader(body), connection);
    return;
  }
  const waiting = line.waiting.get(header.serial);
  if (header.type !== messageType.reply || !waiting) return;
  if (header.status === messageStatus.ok) waiting.resolve(xdrReader(body));
  // An unreadable one throws and ends the connection, and with it this call like all the others.
  else waiting.reject(faultToCloudError(readFault(xdrReader(body))));
  line.waiting.delete(header.serial);
}

/** Only lifecycle events were asked for: callback id, domain, event, detail. */
function deliver(header: Header, body: XdrReader, connection: Connection): void {
  if (header.program !== remoteProgram.id || header.number !== procedure.domainEventCallbackLifecycle) return;
  body.int();
  connection.onLifecycle({ domain: body.domain(), event: body.int(), detail: body.int() });
}

/** Cuts a byte stream into packets; throws on a length that cannot be. */
function splitter(receive: (header: Header, body: Buffer) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let held = 0;
  return (chunk) => {
    chunks.push(chunk);
    held += chunk.length;
    while (held >= 4) {
      // Joined only when a whole packet is here, so a large one is not copied again with each chunk.
      const first = chunks[0] && chunks[0].length >= 4 ? chunks[0] : Buffer.concat(chunks);
      const length = first.readUInt32BE(0);
      if (length < headerBytes || length > maxPacketBytes) throw new Error(`a packet of ${length} bytes`);
      if (held < length) return;
      const all = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
      chunks = all.length > length ? [all.subarray(length)] : [];
      held -= length;
      receive(readHeader(all), all.subarray(headerBytes, length));
    }
  };
}

function readHeader(packet: Buffer): Header {
  return {
    program: packet.readUInt32BE(4),
    number: packet.readInt32BE(12),
    type: packet.readInt32BE(16),
    serial: packet.readUInt32BE(20),
    status: packet.readInt32BE(24),
  };
}

function keepalive(number: number): Header {
  return { program: keepaliveProgram.id, number, type: messageType.message, serial: 0, status: 0 };
}

function send(socket: Socket, header: Header, body: Buffer = Buffer.alloc(0)): void {
  if (socket.destroyed) return;
  const head = xdrWriter()
    .uint(headerBytes + body.length)
    .uint(header.program)
    .uint(1)
    .int(header.number)
    .int(header.type)
    .uint(header.serial)
    .int(header.status);
  socket.write(Buffer.concat([head.bytes(), body]));
}
