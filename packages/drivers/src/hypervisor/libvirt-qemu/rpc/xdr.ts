/**
 * XDR (RFC 4506), the part that libvirt's RPC uses. Everything read is bounds-checked against the packet and against a
 * limit of its own, so a broken or hostile peer can cause an error and never a wild allocation.
 */
import { CloudError } from "@madang/core/errors";

export type Domain = { name: string; uuid: Buffer; id: number };

/** Longest string libvirt sends or takes: REMOTE_STRING_MAX of remote_protocol.x. */
export const maxStringBytes = 4 * 1024 * 1024;

export type XdrWriter = {
  int(value: number): XdrWriter;
  uint(value: number): XdrWriter;
  uhyper(value: number): XdrWriter;
  string(value: string): XdrWriter;
  /** An XDR optional: a flag, then the value if there is one. */
  optionalString(value: string | null): XdrWriter;
  /** Fixed length, so no length goes before it; must be a multiple of four. */
  fixed(value: Uint8Array): XdrWriter;
  domain(value: Domain): XdrWriter;
  bytes(): Buffer;
};

export function xdrWriter(): XdrWriter {
  const parts: Uint8Array[] = [];
  const push = (part: Uint8Array) => {
    parts.push(part);
    return writer;
  };
  const writer: XdrWriter = {
    int: (value) => push(word((buffer) => buffer.writeInt32BE(value))),
    uint: (value) => push(word((buffer) => buffer.writeUInt32BE(value))),
    uhyper(value) {
      const part = Buffer.alloc(8);
      part.writeBigUInt64BE(BigInt(value));
      return push(part);
    },
    string(value) {
      const text = Buffer.from(value, "utf8");
      if (text.length > maxStringBytes)
        throw new CloudError("InvalidInput", "A text is too long for libvirt.");
      writer.uint(text.length);
      push(text);
      return push(Buffer.alloc(padding(text.length)));
    },
    optionalString: (value) => (value === null ? writer.int(0) : writer.int(1).string(value)),
    fixed: (value) => push(value),
    domain: (value) => writer.string(value.name).fixed(value.uuid).int(value.id),
    bytes: () => Buffer.concat(parts),
  };
  return writer;
}

export type XdrReader = {
  int(): number;
  uint(): number;
  /** Exact up to 2^53. */
  hyper(): number;
  uhyper(): number;
  double(): number;
  string(): string;
  optionalString(): string | null;
  fixed(length: number): Buffer;
  domain(): Domain;
  array<T>(limit: number, item: (reader: XdrReader) => T): T[];
  rest(): number;
};

export function xdrReader(packet: Buffer): XdrReader {
  let offset = 0;
  const take = (length: number): Buffer => {
    if (length > packet.length - offset)
      throw malformed(`${length} bytes wanted at ${offset} of ${packet.length}`);
    const part = packet.subarray(offset, offset + length);
    offset += length;
    return part;
  };
  const reader: XdrReader = {
    int: () => take(4).readInt32BE(),
    uint: () => take(4).readUInt32BE(),
    hyper: () => Number(take(8).readBigInt64BE()),
    uhyper: () => Number(take(8).readBigUInt64BE()),
    double: () => take(8).readDoubleBE(),
    string() {
      const length = reader.uint();
      if (length > maxStringBytes) throw malformed(`a string of ${length} bytes`);
      const text = take(length).toString("utf8");
      take(padding(length));
      return text;
    },
    optionalString: () => (flag(reader.int()) ? reader.string() : null),
    // A copy, so that a small id does not keep a large packet alive.
    fixed: (length) => Buffer.from(take(length)),
    domain: () => ({ name: reader.string(), uuid: reader.fixed(16), id: reader.int() }),
    array(limit, item) {
      const count = reader.uint();
      if (count > limit) throw malformed(`an array of ${count}, at most ${limit} are allowed`);
      return Array.from({ length: count }, () => item(reader));
    },
    rest: () => packet.length - offset,
  };
  return reader;
}

function word(write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(4);
  write(buffer);
  return buffer;
}

function padding(length: number): number {
  return (4 - (length % 4)) % 4;
}

function flag(value: number): boolean {
  if (value !== 0 && value !== 1) throw malformed(`${value} where a flag belongs`);
  return value === 1;
}

export function malformed(detail: string): CloudError {
  return new CloudError("Unavailable", "The hypervisor's libvirt sent something unreadable.", {
    reason: "HypervisorUnavailable",
    detail: `malformed libvirt packet: ${detail}`,
    retry: "later",
  });
}
