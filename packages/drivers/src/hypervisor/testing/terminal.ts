/** A person at a console: waits for what appears and types. */
import type { Duplex } from "node:stream";

export type Terminal = {
  /** Waits until `pattern` appears after what was matched last, and returns the match. */
  see(pattern: RegExp, limitMs?: number): Promise<RegExpExecArray>;
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
    async see(pattern, limitMs = patienceMs) {
      const deadline = Date.now() + limitMs;
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

/**
 * Logs in on a guest's serial line. `login` throws away what was typed before it had turned the echo off, so when
 * nothing comes of a password, an empty line brings the next prompt and it is typed again.
 */
export async function logIn(line: Terminal, user: string, password: string): Promise<void> {
  let shown = await line.see(/login: |Password: |# /);
  for (let tries = 0; tries < 20; tries++) {
    if (shown[0] === "# ") return;
    line.type(shown[0] === "login: " ? `${user}\r` : `${password}\r`);
    shown = await line.see(/login: |Password: |# /, 5000).catch(() => {
      line.type("\r");
      return line.see(/login: |Password: |# /);
    });
  }
  throw new Error("the guest never let us in");
}

/** Everything the stream says until it ends. */
export async function readAll(stream: Duplex): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("latin1");
}
