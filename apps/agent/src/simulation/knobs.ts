/**
 * How a running simulation is told what should go wrong: `knobs.json` in the agent's folder, by the hypervisor's name or
 * `*` for all of them. Looked at a few times a second, so anything may write it, and it outlives the process.
 */
import { readFile } from "node:fs/promises";
import type { Logger } from "pino";
import { z } from "zod";

const ms = z.int().min(0).max(3_600_000);

export const knobs = z.strictObject({
  /** `off`: the host loses its power, and stays so; `on` again is its next boot. */
  power: z.enum(["on", "off"]).default("on"),
  slowMs: ms.optional(),
  failNextStart: z.enum(["later", "elsewhere", "never"]).nullable().default(null),
  vanish: z.boolean().default(false),
  ignorePowerButton: z.boolean().default(false),
  /** Running guests never let go of a volume. */
  holdDisks: z.boolean().default(false),
  crashAfterMs: ms.nullable().default(null),
  /** This guest, or with `*` every guest that runs, is killed once. */
  crash: z.string().nullable().default(null),
  /** The disk of this guest, or with `*` of all, is gone. */
  loseDisk: z.string().nullable().default(null),
  /** The same of a volume. */
  loseVolume: z.string().nullable().default(null),
  /** No volume can be made any more. */
  diskFull: z.boolean().default(false),
  partition: z.boolean().default(false),
  reportDelayMs: ms.default(0),
  reportAgainMs: ms.nullable().default(null),
});
export type Knobs = z.infer<typeof knobs>;

const file = z.record(z.string(), knobs.partial());

/** What the file says of one hypervisor, its own words before those for all. */
export type Wishes = (name: string) => Knobs;

export type KnobsFile = {
  /** What it says now; what cannot be understood changes nothing. */
  read: () => Promise<Wishes>;
  /** Calls back with each change until the returned function is called. */
  follow: (onChange: (wishes: Wishes) => void) => () => void;
};

const lookEveryMs = 200;

export function openKnobs(path: string, log: Logger): KnobsFile {
  let text = "{}";
  let wishes = wishesOf({});
  const read = async (): Promise<Wishes> => {
    const now = await readFile(path, "utf8").catch(() => "{}");
    if (now === text) return wishes;
    text = now;
    try {
      wishes = wishesOf(file.parse(JSON.parse(now)));
    } catch (error) {
      log.warn({ err: error, path }, "knobs are not understood");
    }
    return wishes;
  };
  const followers = new Set<(wishes: Wishes) => void>();
  let told = wishes;
  const look = async () => {
    const now = await read();
    // Whoever read meanwhile has not told the others.
    if (now !== told) for (const follower of followers) follower(now);
    told = now;
    timer.refresh();
  };
  const timer = setTimeout(() => void look(), lookEveryMs).unref();
  const follow = (onChange: (wishes: Wishes) => void) => {
    followers.add(onChange);
    return () => void followers.delete(onChange);
  };
  return { read, follow };
}

function wishesOf(said: z.infer<typeof file>): Wishes {
  return (name) => knobs.parse({ ...said["*"], ...said[name] });
}
