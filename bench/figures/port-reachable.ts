/** From plugging a running guest's port into the switch to its first answer, seen from the host by its floating IP. */
import type { Figure } from "../figure.ts";
import { centralOf } from "../load/northd.ts";
import { betweenMs, openPings } from "../load/pings.ts";
import { holdAgents } from "../load/processes.ts";
import { withReachable } from "../load/reachable.ts";
import { openSwitch } from "../load/switch.ts";

const warmUps = 2;
const times = 20;

export const portReachable: Figure = {
  name: "port.reachable",
  unit: "ms",
  aim: { of: "p95", atMost: 400 },
  stand: "guests",
  measure: (stand) =>
    withReachable(stand, "port", async ({ address, portId, mac, allow }) => {
      const bridge = openSwitch(centralOf(stand.cloud), portId, mac);
      await allow();
      const pings = openPings(address);
      await pings.firstAfter(0);
      const samples: number[] = [];
      // It would mend at once what is unplugged here.
      const letGo = holdAgents(stand.cloud);
      try {
        for (let index = -warmUps; samples.length < times; index++) {
          await bridge.unplug();
          await pings.last();
          const since = performance.now();
          await bridge.plug();
          const took = (await pings.firstAfter(since)) - since;
          if (index >= 0) samples.push(took);
        }
      } finally {
        letGo();
      }
      await pings.stop();
      return {
        samples,
        note: `ovs-vsctl begins → the first answer to a ping every ${betweenMs} ms from the host to the guest's floating IP`,
      };
    }),
};
