import { CloudError } from "@madang/core/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { xdrReader, xdrWriter } from "./xdr.ts";

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const text = fc.string({ unit: "binary", maxLength: 300 });

describe("XDR", () => {
  it("reads back what it wrote, whatever the alignment", () => {
    fc.assert(
      fc.property(
        int32,
        fc.nat(),
        text,
        fc.option(text),
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        (...all) => {
          const [id, count, name, maybe, uuid] = all;
          const bytes = xdrWriter()
            .int(id)
            .string(name)
            .optionalString(maybe)
            .domain({ name, uuid: Buffer.from(uuid), id })
            .uint(count)
            .bytes();
          expect(bytes.length % 4).toBe(0);
          const reader = xdrReader(bytes);
          expect(reader.int()).toBe(id);
          expect(reader.string()).toBe(name);
          expect(reader.optionalString()).toBe(maybe);
          expect(reader.domain()).toEqual({ name, uuid: Buffer.from(uuid), id });
          expect(reader.uint()).toBe(count);
          expect(reader.rest()).toBe(0);
        },
      ),
    );
  });

  it("is what RFC 4506 says", () => {
    expect(xdrWriter().string("libvirt").int(-2).bytes().toString("hex")).toBe(
      "000000076c69627669727400fffffffe",
    );
  });

  it("never reads beyond a packet and never throws but a CloudError, whatever it is sent", () => {
    const reads = ["int", "uint", "string", "optionalString", "domain"] as const;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(fc.constantFrom(...reads)), (bytes, calls) => {
        const reader = xdrReader(Buffer.from(bytes));
        try {
          for (const call of calls) reader[call]();
        } catch (error) {
          expect(error).toBeInstanceOf(CloudError);
        }
        expect(reader.rest()).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("refuses lengths that only a broken peer sends", () => {
    const long = xdrWriter().uint(0xffffffff).bytes();
    expect(() => xdrReader(long).string()).toThrow(CloudError);
    expect(() => xdrReader(long).array(10, (reader) => reader.int())).toThrow(CloudError);
    expect(() => xdrReader(xdrWriter().int(7).bytes()).optionalString()).toThrow(CloudError);
  });
});
