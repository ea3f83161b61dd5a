/**
 * A switch in user space reads guests' frames beside the kernel, which takes them in as well. Here it throws them away:
 * no guest speaks to an address of the namespace that its tap is in.
 */
import { run } from "./program.ts";

const table = "madang_taps";
const rules = `table inet ${table} {
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

export async function fenceTaps(namespace: string, signal: AbortSignal): Promise<void> {
  await run("nsenter", [`--net=/run/netns/${namespace}`, "nft", "-f", "-"], signal, rules);
}
