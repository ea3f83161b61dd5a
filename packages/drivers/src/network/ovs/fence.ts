/**
 * No guest speaks to an address of the namespace that its tap is in. A switch in user space reads guests' frames beside the
 * kernel, which takes them in as well; the kernel's own takes them before anybody else, but only while the tap is one of
 * its ports, and a guest may run before and after. So here the kernel throws away whatever comes in at a tap, with either.
 */
import { CloudError } from "@madang/core/errors";
import { run } from "./program.ts";

const table = "madang_taps";
export const fenceRules = `table inet ${table} {
}
delete table inet ${table}
table inet ${table} {
  chain input {
    type filter hook input priority -300; policy accept;
    iifname "tap*" drop
  }
  chain forward {
    type filter hook forward priority -300; policy accept;
    iifname "tap*" drop
    oifname "tap*" drop
  }
}
table arp ${table} {
}
delete table arp ${table}
table arp ${table} {
  chain input {
    type filter hook input priority -300; policy accept;
    iifname "tap*" drop
  }
}
`;

/** Runs nft with these arguments and this input, and answers what it said. */
export type Nft = (args: readonly string[], signal: AbortSignal, input?: string) => Promise<string>;

export type Fence = {
  /** Writes it once for this process, whatever is there: it may be an older one. */
  raise: (signal: AbortSignal) => Promise<void>;
  /** Writes it again if somebody took it away. */
  mend: (signal: AbortSignal) => Promise<void>;
};

export function openFence(nft: Nft): Fence {
  let raised = false;
  const write = async (signal: AbortSignal) => {
    await nft(["-f", "-"], signal, fenceRules).catch(asFault);
    raised = true;
  };
  return {
    raise: async (signal) => {
      if (!raised) await write(signal);
    },
    mend: async (signal) => {
      if (!raised) return write(signal);
      const tables = (await nft(["list", "tables"], signal).catch(asFault)).split("\n");
      if (!["inet", "arp"].every((family) => tables.includes(`table ${family} ${table}`)))
        await write(signal);
    },
  };
}

/** In a namespace of `ip netns`. */
export function nftIn(namespace: string): Nft {
  return (args, signal, input) =>
    run("nsenter", [`--net=/run/netns/${namespace}`, "nft", ...args], signal, input);
}

/** @throws CloudError: a hypervisor without nft will not get one by waiting */
function asFault(error: unknown): never {
  const said = error instanceof CloudError ? (error.options.detail ?? "") : "";
  if (!/failed to execute nft/.test(said)) throw error;
  throw new CloudError("Unsupported", "The hypervisor has no nftables.", {
    reason: "NftMissing",
    retry: "elsewhere",
    detail: said,
    cause: error,
  });
}
