import { Duplex } from "node:stream";

/** A stream that says `content` and ends; what is written to it goes nowhere. */
export function textStream(content: Buffer): Duplex {
  return new Duplex({
    allowHalfOpen: false,
    read() {
      this.push(content.length > 0 ? content : null);
      if (content.length > 0) this.push(null);
    },
    write(_chunk, _encoding, done) {
      done();
    },
  });
}
