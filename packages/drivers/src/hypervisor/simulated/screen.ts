/**
 * The screen of a simulated guest: an RFB 3.8 server (RFC 6143) with one small generated picture, raw encoding, no
 * password. Enough for noVNC to connect, draw and send keys; each key press moves the picture's bar.
 */
import { Duplex } from "node:stream";

const width = 320;
const height = 200;
const bar = 16;

/** Bits a pixel, and where each colour goes; a client may choose its own. */
type PixelFormat = { bytes: number; bigEndian: boolean; max: number[]; shift: number[] };
const defaultFormat: PixelFormat = { bytes: 4, bigEndian: false, max: [255, 255, 255], shift: [16, 8, 0] };

type Screen = { format: PixelFormat; position: number; waiting: boolean };
/** Reads one message from the head of `input`: how many bytes it took, 0 when it is not all there yet. */
type Reader = (input: Buffer) => number;

export function simulatedScreen(name: string): Duplex {
  const screen: Screen = { format: defaultFormat, position: 0, waiting: false };
  let input = Buffer.alloc(0);
  const send = (...parts: Buffer[]) => stream.push(Buffer.concat(parts));
  const hello: Reader = (bytes) => (bytes.length < 12 ? 0 : 12);
  const handshake: { read: Reader; reply: () => void }[] = [
    // Version, then one security type: None.
    { read: hello, reply: () => send(Buffer.from([1, 1])) },
    { read: (bytes) => Math.min(1, bytes.length), reply: () => send(Buffer.alloc(4)) },
    { read: (bytes) => Math.min(1, bytes.length), reply: () => send(serverInit(name)) },
  ];
  const stream = new Duplex({
    allowHalfOpen: false,
    read() {},
    write(chunk, _encoding, done) {
      input = Buffer.concat([input, chunk]);
      for (;;) {
        const step = handshake[0];
        const taken = step ? step.read(input) : message(input, screen, send);
        if (taken < 0) return done(new Error("an unknown RFB message"));
        if (taken === 0) return done();
        input = input.subarray(taken);
        if (step) handshake.shift()?.reply();
      }
    },
  });
  stream.push("RFB 003.008\n");
  return stream;
}

function serverInit(name: string): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt16BE(width, 0);
  head.writeUInt16BE(height, 2);
  head.set([32, 24, 0, 1], 4);
  for (const index of [0, 1, 2]) head.writeUInt16BE(255, 8 + index * 2);
  head.set([16, 8, 0], 14);
  const text = Buffer.from(name);
  head.writeUInt32BE(text.length, 20);
  return Buffer.concat([head, text]);
}

/** Client messages: 0 SetPixelFormat, 2 SetEncodings, 3 UpdateRequest, 4 KeyEvent, 5 PointerEvent, 6 CutText. */
function message(input: Buffer, screen: Screen, send: (...parts: Buffer[]) => void): number {
  if (input.length < 4) return 0;
  const length = messageLength(input);
  if (length <= 0 || input.length < length) return Math.min(length, 0);
  if (input[0] === 0) screen.format = readFormat(input);
  if (input[0] === 3) {
    if (input[1] === 0) send(picture(screen));
    else screen.waiting = true;
  }
  if (input[0] === 4 && input[1] === 1) {
    screen.position = (screen.position + bar) % width;
    if (screen.waiting) send(picture(screen));
    screen.waiting = false;
  }
  return length;
}

/** 0 when that can't be told yet, negative when there is no such message. */
function messageLength(input: Buffer): number {
  switch (input[0]) {
    case 0:
      return 20;
    case 2:
      return 4 + 4 * input.readUInt16BE(2);
    case 3:
      return 10;
    case 4:
      return 8;
    case 5:
      return 6;
    case 6: {
      if (input.length < 8) return 0;
      const size = input.readInt32BE(4);
      return size >= 0 && size < 1_000_000 ? 8 + size : -1;
    }
    default:
      return -1;
  }
}

function readFormat(input: Buffer): PixelFormat {
  const at = (offset: number) => input.readUInt8(4 + offset);
  return {
    bytes: Math.min(4, Math.max(1, at(0) >> 3)),
    bigEndian: at(2) !== 0,
    max: [4, 6, 8].map((offset) => input.readUInt16BE(4 + offset)),
    shift: [at(10), at(11), at(12)].map((shift) => Math.min(shift, 24)),
  };
}

/** FramebufferUpdate with one raw rectangle: the whole picture. */
function picture({ format, position }: Screen): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt16BE(1, 2);
  head.writeUInt16BE(width, 8);
  head.writeUInt16BE(height, 10);
  const pixels = Buffer.alloc(width * height * format.bytes);
  for (let index = 0; index < width * height; index++) {
    writePixel(pixels, index, colour(index % width, Math.floor(index / width), position), format);
  }
  return Buffer.concat([head, pixels]);
}

function colour(x: number, y: number, position: number): number[] {
  if (x >= position && x < position + bar) return [245, 245, 240];
  return [30 + (x * 60) / width, 60 + (y * 80) / height, 90 + (x * 40) / width];
}

function writePixel(pixels: Buffer, index: number, rgb: number[], format: PixelFormat): void {
  let value = 0;
  for (const [part, level] of rgb.entries()) {
    const max = format.max[part] ?? 0;
    value |= Math.round((level * max) / 255) << (format.shift[part] ?? 0);
  }
  for (let byte = 0; byte < format.bytes; byte++) {
    const place = format.bigEndian ? format.bytes - 1 - byte : byte;
    pixels[index * format.bytes + place] = (value >>> (8 * byte)) & 0xff;
  }
}
