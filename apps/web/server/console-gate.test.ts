import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { openGate } from "./console-gate.ts";
import { RfbViolation } from "./rfb-messages.ts";

const version = Buffer.from("RFB 003.008\n");
const greeting = Buffer.concat([version, Buffer.of(1, 0)]);
const greeted = Buffer.concat([version, Buffer.of(1, 1)]);

function words(...values: [size: 1 | 2 | 4, value: number][]): Buffer {
  return Buffer.concat(
    values.map(([size, value]) => {
      const bytes = Buffer.alloc(size);
      if (value < 0) bytes.writeIntBE(value, 0, size);
      else bytes.writeUIntBE(value, 0, size);
      return bytes;
    }),
  );
}
const key = (down: number, keysym: number) => words([1, 4], [1, down], [2, 0], [4, keysym]);
const scan = (down: number, keysym: number, code: number) =>
  words([1, 255], [1, 0], [2, down], [4, keysym], [4, code]);
const pointer = (mask: number, x: number, y: number) => words([1, 5], [1, mask], [2, x], [2, y]);
const cut = (text: string) =>
  Buffer.concat([words([1, 6], [1, 0], [2, 0], [4, text.length]), Buffer.from(text)]);
const longCut = Buffer.concat([words([1, 6], [1, 0], [2, 0], [4, -5]), Buffer.from("12345")]);
const resize = Buffer.concat([words([1, 251], [1, 0], [2, 800], [2, 600], [1, 1], [1, 0]), Buffer.alloc(16)]);
const request = words([1, 3], [1, 1], [2, 0], [2, 0], [2, 640], [2, 480]);
const format = Buffer.alloc(20);
const fence = Buffer.concat([words([1, 248], [1, 0], [2, 0], [4, 1], [1, 3]), Buffer.from("abc")]);
const encodings = (...list: number[]) =>
  words([1, 2], [1, 0], [2, list.length], ...list.map((one): [4, number] => [4, one]));

const pictures = [request, format, fence, encodings(0, 5, -258), words([1, 150], [1, 1], [4, 0], [4, 0])];
const inputs = [
  key(1, 0x61),
  scan(1, 0x61, 30),
  pointer(1, 3, 4),
  cut("rm -rf /"),
  longCut,
  resize,
  words([1, 250], [1, 0], [1, 1], [1, 2]),
  words([1, 255], [1, 1], [2, 0]),
  words([1, 255], [1, 1], [2, 2], [1, 0], [1, 2], [4, 44_100]),
];

function gate(inControl: boolean) {
  const made = openGate("vnc");
  made.setControl(inControl);
  expect(made.pass(greeting)).toEqual(greeted);
  return made;
}

describe("the gate of a graphic console", () => {
  test("who only watches gets his picture and touches nothing, in whatever pieces it is sent", () => {
    const message = fc.constantFrom(...pictures, ...inputs);
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 40 }), sizes, (messages, pieces) => {
        const watching = gate(false);
        const whole = Buffer.concat(messages);
        const passed: Buffer[] = [];
        for (let at = 0, turn = 0; at < whole.length; turn++) {
          const size = pieces[turn % pieces.length] ?? 1;
          passed.push(watching.pass(whole.subarray(at, at + size)));
          at += size;
        }
        const wanted = messages.filter((one) => pictures.includes(one));
        expect(Buffer.concat(passed)).toEqual(Buffer.concat(wanted));
      }),
      { numRuns: 500 },
    );
  });

  test("who is in control has everything passed on, whole and in order", () => {
    const all = Buffer.concat([...inputs, ...pictures, ...inputs]);
    expect(gate(true).pass(all)).toEqual(all);
  });

  test("any bytes at all: nothing a watcher sends is ever read as input by a server that counts as QEMU does", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 20 }), (pieces) => {
        const watching = gate(false);
        const passed: Buffer[] = [];
        try {
          for (const piece of pieces) passed.push(watching.pass(Buffer.from(piece)));
        } catch (error) {
          expect(error).toBeInstanceOf(RfbViolation);
        }
        expect(
          typesAsQemuReads(Buffer.concat(passed)).filter((type) => ![0, 2, 3, 150, 248].includes(type)),
        ).toEqual([]);
      }),
      { numRuns: 3_000 },
    );
  });

  test("what was held is let go when control ends, once, and the half of a message sent before is judged after", () => {
    const made = gate(true);
    made.pass(
      Buffer.concat([key(1, 0xffe3), scan(1, 0xffe9, 56), pointer(1, 7, 8), key(1, 0x61), key(0, 0x61)]),
    );
    const half = key(1, 0x62);
    expect(made.pass(half.subarray(0, 3))).toHaveLength(0);
    expect(made.setControl(false)).toEqual(
      Buffer.concat([key(0, 0xffe3), scan(0, 0xffe9, 56), pointer(0, 7, 8)]),
    );
    expect(made.pass(half.subarray(3))).toHaveLength(0);
    expect(made.setControl(false)).toHaveLength(0);
    expect(made.pass(request)).toEqual(request);
  });

  test("pointer events of two lengths are never agreed on, so that no message can hide in another", () => {
    expect(gate(true).pass(encodings(7, -316, 16))).toEqual(encodings(7, 16));
    expect(() => gate(true).pass(Buffer.concat([pointer(0x81, 1, 1), Buffer.of(4)]))).toThrow(RfbViolation);
  });

  test("a refused greeting in pieces of its own: what comes after it is never read as if it had been accepted", () => {
    const made = openGate("vnc");
    made.pass(version);
    expect(() => made.pass(Buffer.of(2))).toThrow(RfbViolation);
    const hidden = Buffer.concat([Buffer.of(0), key(1, 0x61), key(0, 0x61), Buffer.alloc(3)]);
    expect(() => made.pass(hidden)).toThrow(RfbViolation);
    expect(() => made.pass(Buffer.of())).toThrow(RfbViolation);
  });

  test("after any refusal nothing more is let through, whatever follows, in control or not", () => {
    const sent = fc.oneof(
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(version, Buffer.of(1), Buffer.of(2), format, greeting, ...pictures, ...inputs),
    );
    fc.assert(
      fc.property(fc.array(sent, { maxLength: 20 }), fc.boolean(), (pieces, inControl) => {
        const made = openGate("vnc");
        made.setControl(inControl);
        let refused = false;
        for (const piece of pieces) {
          try {
            made.pass(piece);
            expect(refused).toBe(false);
          } catch (error) {
            expect(error).toBeInstanceOf(RfbViolation);
            refused = true;
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("a message in the smallest of pieces holds no more memory than its bytes", async () => {
    const made = gate(false);
    made.pass(words([1, 6], [1, 0], [2, 0], [4, 1024 * 1024]));
    const kept: WeakRef<ArrayBufferLike>[] = [];
    for (let at = 0; at < 64; at++) {
      const frame = Buffer.alloc(64 * 1024);
      kept.push(new WeakRef(frame.buffer));
      made.pass(frame.subarray(0, 1));
      made.pass(frame.subarray(0, 0));
    }
    await untilForgotten(kept);
    // The gate itself must have lived till here.
    expect(made.pass(request)).toHaveLength(0);
  });

  test.each([
    ["an older version", Buffer.from("RFB 003.003\n")],
    ["a password", Buffer.concat([version, Buffer.of(2)])],
    ["an unknown message", Buffer.concat([greeting, Buffer.of(99)])],
    ["an endless clipboard", Buffer.concat([greeting, words([1, 6], [1, 0], [2, 0], [4, 0x7fffffff])])],
    ["an unknown message of QEMU", Buffer.concat([greeting, Buffer.of(255, 9)])],
  ])("%s is the end of it, and stays so", (_what, bytes) => {
    const made = openGate("vnc");
    expect(() => made.pass(bytes)).toThrow(RfbViolation);
    expect(() => made.pass(request)).toThrow(RfbViolation);
  });
});

test("a serial line hears who is in control, and nobody else", () => {
  const line = openGate("serial");
  expect(line.pass(Buffer.from("typed"))).toHaveLength(0);
  line.setControl(true);
  expect(line.pass(Buffer.from("typed")).toString()).toBe("typed");
  line.setControl(false);
  expect(line.pass(Buffer.from("\r"))).toHaveLength(0);
});

/** The lengths of ui/vnc.c (protocol_client_msg), written down apart from the gate's own table. */
function typesAsQemuReads(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const type = bytes[at] ?? 0;
    types.push(type);
    const lengths: Record<number, () => number> = {
      0: () => 20,
      2: () => 4 + 4 * bytes.readUInt16BE(at + 2),
      3: () => 10,
      150: () => 10,
      248: () => 9 + (bytes[at + 8] ?? 0),
    };
    at += lengths[type]?.() ?? bytes.length;
  }
  return types;
}

/** A WeakRef is let go of at the earliest in a later turn than its making. */
async function untilForgotten(kept: WeakRef<ArrayBufferLike>[]): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect = z.function().parse(runInNewContext("gc"));
  const alive = () => {
    collect();
    return kept.filter((ref) => ref.deref()).length;
  };
  await expect.poll(alive, { timeout: 30_000 }).toBeLessThanOrEqual(1);
}
