/** From the answer to a changed rule to the first packet that obeys it, seen from the host by a guest's floating IP. */
import { type Figure, resultOf } from "../figure.ts";
import { betweenMs, openPings } from "../load/pings.ts";
import { withReachable } from "../load/reachable.ts";

const warmUps = 2;
const times = 20;

export const ruleEffect: Figure = {
  name: "rule.effect",
  unit: "ms",
  aim: { of: "p95", atMost: 400 },
  stand: "guests",
  measure: (stand) =>
    withReachable(stand, "rule", async ({ address, allow, forbid }) => {
      const pings = openPings(address);
      const [allowed, forbidden]: [number[], number[]] = [[], []];
      for (let index = -warmUps; index < times; index++) {
        const before = performance.now();
        const on = await allow();
        // An answer may come before the API's own.
        const onMs = Math.max(0, (await pings.firstAfter(before)) - on);
        const off = await forbid();
        const offMs = Math.max(0, (await pings.last()) + betweenMs - off);
        if (index < 0) continue;
        allowed.push(onMs);
        forbidden.push(offMs);
      }
      await pings.stop();
      const p95 = (samples: number[]) => resultOf({ name: "rule", unit: "ms" }, { samples }).p95;
      return {
        samples: [...allowed, ...forbidden],
        note: `a ping every ${betweenMs} ms from the host to a floating IP; a rule added p95 ${p95(allowed)} ms, taken away p95 ${p95(forbidden)} ms`,
      };
    }),
};
