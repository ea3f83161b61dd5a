/** How this hypervisor's guests are joined to tenant networks, and how the switch fares: its supervisor writes that down. */
import { readFile } from "node:fs/promises";
import type { HypervisorNetwork } from "@madang/core/wire/agent";
import type { Logger } from "pino";
import { z } from "zod";
import type { NetworkPlace } from "./env.ts";

const fares = z.object({
  switchEnds: z.int().min(0),
  emergency: z.string().nullable(),
  rulesLost: z.int().min(0).default(0),
  reached: z.boolean().default(true),
});
type Fares = z.infer<typeof fares>;

const quiet: Fares = { switchEnds: 0, emergency: null, rulesLost: 0, reached: true };

async function readFares(file: string | null, log: Logger): Promise<Fares> {
  if (!file) return quiet;
  try {
    return fares.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    log.debug({ err: error, file }, "switch state is not readable");
    return quiet;
  }
}

export function openSwitchState(place: NetworkPlace, log: Logger): () => Promise<HypervisorNetwork> {
  if (place.kind !== "ovn") return async () => ({ datapath: place.kind, ...quiet });
  const { datapath, leadsOut } = place;
  return async () => {
    const state = await readFares(place.switchState, log);
    return { datapath: state.reached ? datapath : "none", leadsOut, ...state };
  };
}

/** For an agent without any. */
export const noNetwork = async (): Promise<HypervisorNetwork> => ({ datapath: "none", ...quiet });
