import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { messageSplitter } from "./splitter.ts";

const limit = 1 << 20;
/** Strings with all that could mislead: quotes, braces, backslashes, characters of several bytes. */
const text = fc
  .array(fc.constantFrom('"', "\\", "{", "}", "é", "한", "\u{1f600}", "a", "\n"))
  .map((parts) => parts.join(""));
const message = fc.dictionary(
  text,
  fc.oneof(text, fc.integer(), fc.constant(null), fc.dictionary(text, text)),
);

/** Cuts bytes at those places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort(
    (one, other) => one - other,
  );
  return [0, ...at].map((start, index) => bytes.subarray(start, at[index] ?? bytes.length));
}

describe("the splitter", () => {
  it("gives back what was sent, however it was cut", () => {
    fc.assert(
      fc.property(
        fc.array(message),
        fc.array(fc.nat()),
        fc.constantFrom("", " ", "\r\n\t"),
        (sent, places, between) => {
          const bytes = Buffer.from(sent.map((one) => JSON.stringify(one) + between).join(""));
          const split = messageSplitter(limit);
          const got = cut(bytes, places).flatMap((chunk) => split(chunk));
          expect(got).toEqual(sent.map((one) => JSON.stringify(one)));
        },
      ),
    );
  });

  it("gives nothing of what is not complete", () => {
    const split = messageSplitter(limit);
    expect(split(Buffer.from('{"a":{"b":1}'))).toEqual([]);
    expect(split(Buffer.from("}{"))).toEqual(['{"a":{"b":1}}']);
  });

  it("holds no more than its limit, in however many parts it comes", () => {
    const split = messageSplitter(100);
    expect(() => {
      for (let sent = 0; sent < 1_000; sent += 10) split(Buffer.from('{"a":"bbbb'));
    }).toThrow("overflow");
    expect(() => messageSplitter(100)(Buffer.from(`{"a":"${"b".repeat(100)}"}`))).toThrow("overflow");
  });

  it("knows another protocol at its first byte", () => {
    expect(() => messageSplitter(limit)(Buffer.from("HTTP/1.1 400 Bad Request"))).toThrow("protocol");
    expect(() => messageSplitter(limit)(Buffer.from("[]"))).toThrow("protocol");
  });
});
