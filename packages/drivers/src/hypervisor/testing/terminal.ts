/** A person at a console: waits for what appears and types. */
import type { Duplex } from "node:stream";

export type Terminal = {
  /** Waits until `pattern` appears after what was matched last, and returns the match. */
  see(pattern: RegExp): Promise<RegExpExecArray>;
  type(text: string): void;
  close(): void;
};

/** Emulated guests on a busy machine: only there to end what hangs. */
const patienceMs = 120_000;

export function terminal(stream: Duplex): Terminal {
  let shown = "";
  let over = false;
  let wake = () => {};
  stream.on("data", (chunk: Buffer) => {
    shown += chunk.toString("latin1");
    wake();
  });
  stream.on("error", () => {});
  stream.on("close", () => {
    over = true;
    wake();
  });
  return {
    async see(pattern) {
      const deadline = Date.now() + patienceMs;
      for (;;) {
        const match = pattern.exec(shown);
        if (match) {
          shown = shown.slice(match.index + match[0].length);
          return match;
        }
        const left = deadline - Date.now();
        if (over || left <= 0)
          throw new Error(`${pattern} did not appear; the end of it: ${shown.slice(-800)}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, left);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
    type: (text) => {
      stream.write(text);
    },
    close: () => {
      stream.destroy();
    },
  };
}

/** Everything the stream says until it ends. */
export async function readAll(stream: Duplex): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("latin1");
}
