import { CloudError } from "@madang/core/errors";
import { beforeEach, describe, expect, it } from "vitest";
import { fenceRules, type Nft, openFence } from "./fence.ts";

const signal = AbortSignal.timeout(60_000);
let asked: string[];
let tables: string;
let fails: Error | null;
const nft: Nft = async (args, _signal, input) => {
  asked.push(args.join(" "));
  if (fails) throw fails;
  if (input === undefined) return tables;
  expect(input).toBe(fenceRules);
  return "";
};
beforeEach(() => {
  asked = [];
  tables = "table inet madang_taps\ntable arp madang_taps\n";
  fails = null;
});

describe("the fence around taps", () => {
  it("is written once, whatever was there before", async () => {
    const fence = openFence(nft);
    await fence.raise(signal);
    await fence.raise(signal);
    expect(asked).toEqual(["-f -"]);
  });

  it("is written again when it is gone, in part or whole", async () => {
    const fence = openFence(nft);
    await fence.raise(signal);
    await fence.mend(signal);
    expect(asked).toEqual(["-f -", "list tables"]);
    tables = "table inet madang_taps\n";
    await fence.mend(signal);
    tables = "";
    await fence.mend(signal);
    expect(asked.slice(2)).toEqual(["list tables", "-f -", "list tables", "-f -"]);
  });

  it("that could not be written is tried again with the next port", async () => {
    const fence = openFence(nft);
    fails = new Error("busy");
    await expect(fence.raise(signal)).rejects.toThrow("busy");
    fails = null;
    await fence.raise(signal);
    expect(asked).toEqual(["-f -", "-f -"]);
  });

  it("can't be without nft, which another hypervisor may have", async () => {
    const detail =
      "nsenter --net=/run/netns/x nft -f -: nsenter: failed to execute nft: No such file or directory";
    fails = new CloudError("Unavailable", "no", { detail });
    await expect(openFence(nft).raise(signal)).rejects.toMatchObject({
      code: "Unsupported",
      options: { reason: "NftMissing", retry: "elsewhere" },
    });
  });

  it("lets nothing of a guest in, through, or out to another", () => {
    expect(fenceRules.match(/iifname "tap\*" drop/g)).toHaveLength(3);
    expect(fenceRules.match(/oifname "tap\*" drop/g)).toHaveLength(1);
  });
});
