import { CloudError } from "@madang/core/errors";
import { describe, expect, it, vi } from "vitest";
import { thawIfMarked, whileQuiet } from "./freeze.ts";

const domain = { name: "madang-x", uuid: Buffer.alloc(16), id: 1 };
const metadata = {
  ...{ instance: "", project: "", hostname: "", rebootSeq: 0, stopping: false, freezing: false },
};
const guest = { id: "x", domain, metadata };
const said = (detail: string) => new CloudError("Internal", "no", { detail });
const missing = said("libvirt 86/10: Guest agent is not responding: QEMU guest agent is not connected");
const late = said("libvirt 110/10: guest agent didn't respond to command within '5' seconds");

/** An agent that answers each command with the next of these. */
function agent(answers: Record<string, (unknown | Error)[]>, isMarked = false) {
  const calls: string[] = [];
  const disks = {
    agent: async (_domain: unknown, execute: string) => {
      const verb = execute.replace("guest-fsfreeze-", "");
      calls.push(verb);
      const answer = answers[verb]?.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  let kept = { ...metadata, freezing: isMarked };
  const domains = {
    metadata: async () => kept,
    setLiveMetadata: async (_domain: unknown, next: typeof metadata) => {
      kept = next;
      calls.push(next.freezing ? "mark" : "clear");
    },
  };
  const quiet = async (fail = false) => {
    let wasQuiet: boolean | null = null;
    await whileQuiet({ domains, disks }, guest, async (isQuiet) => {
      wasQuiet = isQuiet;
      calls.push("work");
      if (fail) throw new Error("no snapshot");
    });
    return wasQuiet;
  };
  return { calls, quiet, deps: { domains, disks } };
}

describe("a guest's file systems", () => {
  it("rest while the work is done, and go on", async () => {
    const { calls, quiet } = agent({ freeze: [2], thaw: [2] });
    expect(await quiet()).toBe(true);
    expect(calls).toEqual(["mark", "freeze", "work", "thaw", "clear"]);
  });

  it("go on though the work failed", async () => {
    const { calls, quiet } = agent({ freeze: [1], thaw: [1] });
    await expect(quiet(true)).rejects.toThrow("no snapshot");
    expect(calls).toEqual(["mark", "freeze", "work", "thaw", "clear"]);
  });

  it("are not asked again where there is no agent, and the work is done", async () => {
    const { calls, quiet } = agent({ freeze: [missing] });
    expect(await quiet()).toBe(false);
    expect(calls).toEqual(["mark", "freeze", "work", "clear"]);
  });

  it("are told to go on until they are known to, by an agent that answers late", async () => {
    vi.useFakeTimers();
    try {
      const { calls, quiet } = agent({ freeze: [late], thaw: [late, late, 0] });
      expect(await quiet()).toBe(false);
      expect(calls).toEqual(["mark", "freeze", "work", "thaw"]);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(calls.slice(4)).toEqual(["thaw", "thaw", "clear"]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("that a crash left at rest go on with the next look at the guest", async () => {
    const { calls, deps } = agent({ thaw: [1] }, true);
    expect(await thawIfMarked(deps, guest)).toBe(true);
    expect(calls).toEqual([]);
    expect(await thawIfMarked(deps, { ...guest, metadata: { ...metadata, freezing: true } })).toBe(true);
    expect(calls).toEqual(["thaw", "clear"]);
  });
});
