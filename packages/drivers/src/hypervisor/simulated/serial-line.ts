/** The serial line of a simulated guest: a boot log, then a shell that knows a handful of commands. */
import { Duplex } from "node:stream";

const prompt = "# ";
const logBytes = 64 * 1024;

export type SerialLine = {
  /** What the line said so far, the newest 64 KiB. */
  readonly log: Buffer;
  boot(): void;
  say(text: string): void;
  connect(): Duplex;
  hangUp(): void;
};

export type SerialGuest = { hostname: string; powerOff: () => void; reboot: () => void };

export function serialLine(guest: SerialGuest, past: Buffer): SerialLine {
  let log = past;
  let client: Duplex | null = null;
  let typed = "";
  let bootedAt = Date.now();

  const line: SerialLine = {
    get log() {
      return log;
    },
    boot() {
      bootedAt = Date.now();
      typed = "";
      line.say(bootLog(guest.hostname));
    },
    say(text) {
      const bytes = Buffer.from(text.replaceAll("\n", "\r\n"));
      log = Buffer.from(Buffer.concat([log, bytes]).subarray(-logBytes));
      client?.push(bytes);
    },
    connect() {
      client = new Duplex({
        allowHalfOpen: false,
        read() {},
        write(chunk, _encoding, done) {
          type(String(chunk));
          done();
        },
      });
      return client;
    },
    hangUp() {
      client?.push(null);
      client = null;
    },
  };
  const type = (text: string) => {
    for (const key of text) {
      if (key !== "\r" && key !== "\n") {
        typed += key;
        line.say(key);
        continue;
      }
      const command = typed.trim();
      typed = "";
      line.say("\n");
      run(command);
    }
  };
  const run = (command: string) => {
    const [name = "", ...words] = command.split(/\s+/);
    if (name === "poweroff") {
      line.say("Power down\n");
      return guest.powerOff();
    }
    if (name === "reboot") {
      line.say("Restarting system\n");
      return guest.reboot();
    }
    line.say(`${answer(name, words, guest.hostname, bootedAt)}${prompt}`);
  };
  return line;
}

function answer(name: string, words: string[], hostname: string, bootedAt: number): string {
  switch (name) {
    case "":
      return "";
    case "echo":
      return `${words.join(" ")}\n`;
    case "hostname":
      return `${hostname}\n`;
    case "uptime":
      return `up ${Math.floor((Date.now() - bootedAt) / 1000)} s\n`;
    case "help":
      return "echo hostname uptime reboot poweroff help\n";
    default:
      return `sh: ${name}: not found\n`;
  }
}

function bootLog(hostname: string): string {
  return [
    "Simulated guest: no processor, no disk, only this line.",
    "[    0.000000] Linux version simulated",
    "[    0.420000] virtio_blk virtio0: [vda]",
    `MADANG-READY host=${hostname} source=simulated`,
    "",
    prompt,
  ].join("\n");
}
