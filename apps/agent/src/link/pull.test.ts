import { CloudError } from "@madang/core/errors";
import type { Snapshot } from "@madang/core/wire/agent";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import type { Link } from "./client.ts";
import { pullForever, reconnectMs } from "./pull.ts";
import { openRoute, Unreachable } from "./route.ts";

const log = pino({ level: "silent" });
const snapshot = (revision: string): Snapshot => ({
  revision,
  hypervisorId: crypto.randomUUID(),
  guests: [],
  consoles: [],
  orphanOrders: [],
});

describe("the long poll", () => {
  it("says what it has, saves before it acts, ignores what it has, and survives failures", async () => {
    const ending = new AbortController();
    const seen: string[] = [];
    const asked: (string | null)[] = [];
    const answers: (() => Snapshot)[] = [
      () => snapshot("a"),
      () => snapshot("a"),
      () => {
        throw new CloudError("Unavailable", "gone");
      },
      () => snapshot("b"),
    ];
    const pull: Link["pull"] = async ({ revision }) => {
      asked.push(revision);
      const answer = answers.shift();
      if (!answer) {
        ending.abort();
        throw new CloudError("Unavailable", "over");
      }
      return answer();
    };
    const absent = () => Promise.reject(new Error("not asked"));
    const link: Link = {
      pull,
      join: absent,
      report: absent,
      renew: absent,
      userData: absent,
      image: absent,
      exported: absent,
      metrics: absent,
      piece: absent,
    };
    await pullForever(
      {
        link: () => link,
        bootId: crypto.randomUUID(),
        save: async ({ revision }) => void seen.push(`save ${revision}`),
        apply: ({ revision }) => void seen.push(`apply ${revision}`),
        log,
      },
      ending.signal,
    );
    expect(asked).toEqual([null, "a", "a", "a", "b"]);
    expect(seen).toEqual(["save a", "apply a", "save b", "apply b"]);
  });

  it("outlives a control plane that nobody reaches, whatever fraction of a millisecond it waits", async () => {
    const ending = new AbortController();
    let asked = 0;
    const pull: Link["pull"] = async () => {
      asked++;
      if (asked === 4) ending.abort();
      throw new Unreachable("nobody answers");
    };
    const absent = () => Promise.reject(new Error("not asked"));
    const link: Link = {
      pull,
      join: absent,
      report: absent,
      renew: absent,
      userData: absent,
      image: absent,
      exported: absent,
      metrics: absent,
      piece: absent,
    };
    const { pause } = openRoute(["https://127.0.0.1:1"], log);
    const nothing = { bootId: crypto.randomUUID(), save: async () => {}, apply: () => {} };
    await pullForever({ ...nothing, link: () => link, pause, log }, ending.signal);
    expect(asked).toBe(4);
    await pause(0.3, new AbortController().signal);
  });

  it("comes back at random within a growing time", () => {
    expect(reconnectMs(1, () => 0)).toBe(125);
    expect(reconnectMs(1, () => 1)).toBe(250);
    expect(reconnectMs(2, () => 0.123)).toBe(281);
    expect(reconnectMs(3, () => 1)).toBe(1_000);
    expect(reconnectMs(60, () => 1)).toBe(15_000);
  });
});
