/** The network driver that this controller was told to use. */
import { join } from "node:path";
import { createNetworkDriver } from "@madang/drivers/network";
import type { NetworkDriver } from "@madang/drivers/network/driver";
import type { Env } from "./env.ts";

/** null: the cloud has no tenant networks. */
export async function openNetwork({ network, dataDirectory }: Env): Promise<NetworkDriver | null> {
  if (network.kind === "none") return null;
  if (network.kind === "simulated")
    return createNetworkDriver("simulated", { stateFile: join(dataDirectory, "network.json") });
  const { northbound, southbound, tls } = network;
  return createNetworkDriver("ovn", {
    northbound: northbound.join(","),
    southbound: southbound.join(","),
    ...(tls ? { tls: { certFile: tls.certificate, keyFile: tls.key, caFile: tls.ca } } : {}),
  });
}
