/**
 * Who is not in control of a console watches: what his browser sends is judged here, on the server. A gate lets pass what
 * asks for the picture and drops what would touch the guest.
 */
import { makeHeldInput } from "./held-input.ts";
import { keepBytes } from "./kept-bytes.ts";
import { kindOf, messageType, RfbViolation, withoutLongPointer } from "./rfb-messages.ts";

export type ConsoleGate = {
  /** What may go on to the guest of what the browser sent. Throws RfbViolation, and after it always: nothing passes any more. */
  pass: (bytes: Buffer) => Buffer;
  /** Answers what must be sent to the guest now: keys and buttons that are still held are let go. */
  setControl: (inControl: boolean) => Buffer;
};

const nothing = Buffer.alloc(0);

export function openGate(kind: string): ConsoleGate {
  if (kind === "vnc") return rfbGate();
  let control = false;
  return {
    pass: (bytes) => (control ? bytes : nothing),
    setControl(inControl) {
      control = inControl;
      return nothing;
    },
  };
}

const version = Buffer.from("RFB 003.008\n");
const noPassword = 1;

/** What comes before the first message: each a length, and what becomes of these bytes. */
const greetings: { length: number; answer: (bytes: Buffer) => Buffer }[] = [
  { length: version.length, answer: (bytes) => exactly(bytes, version) },
  { length: 1, answer: (bytes) => exactly(bytes, Buffer.of(noPassword)) },
  // "Not shared" would put all others out.
  { length: 1, answer: () => Buffer.of(1) },
];

function exactly(bytes: Buffer, expected: Buffer): Buffer {
  if (bytes.equals(expected)) return bytes;
  throw new RfbViolation("an unexpected greeting");
}

function rfbGate(): ConsoleGate {
  const held = makeHeldInput();
  let control = false;
  let greeted = 0;
  let broken: unknown = null;
  const waiting = keepBytes();
  let needed = 1;

  /** One greeting or message off the front of the bytes; null while it isn't whole. */
  const take = (bytes: Buffer): { length: number; passed: Buffer } | null => {
    const greeting = greetings[greeted];
    if (greeting) {
      if (!isWhole(bytes, greeting.length)) return null;
      const passed = greeting.answer(bytes.subarray(0, greeting.length));
      greeted += 1;
      return { length: greeting.length, passed };
    }
    const kind = kindOf(bytes);
    const length = kind.length(bytes);
    if (length === null) {
      needed = bytes.length + 1;
      return null;
    }
    if (!isWhole(bytes, length)) return null;
    return { length, passed: judge(bytes.subarray(0, length), kind.input) };
  };
  const isWhole = (bytes: Buffer, length: number) => {
    needed = length;
    return bytes.length >= length;
  };
  const judge = (message: Buffer, input: boolean): Buffer => {
    if (message.readUInt8(0) === messageType.setEncodings) return withoutLongPointer(message);
    if (!input) return message;
    if (!control) return nothing;
    held.see(message);
    return message;
  };
  const passWhole = (): Buffer => {
    let rest = waiting.take();
    const passed: Buffer[] = [];
    needed = 1;
    while (rest.length > 0) {
      const taken = take(rest);
      if (!taken) break;
      passed.push(taken.passed);
      rest = rest.subarray(taken.length);
      needed = 1;
    }
    waiting.add(rest);
    return Buffer.concat(passed);
  };
  return {
    pass(bytes) {
      if (broken) throw broken;
      waiting.add(bytes);
      if (waiting.length() < needed) return nothing;
      try {
        return passWhole();
      } catch (error) {
        // Where the next message begins is no longer known: whatever comes would be guessed at.
        broken = error;
        throw error;
      }
    },
    setControl(inControl) {
      control = inControl;
      return inControl ? nothing : held.release();
    },
  };
}
