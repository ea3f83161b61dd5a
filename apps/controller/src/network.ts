/** The network driver that this controller was told to use. */
import { join } from "node:path";
import { type Database, readCloudId } from "@madang/db";
import { createNetworkDriver } from "@madang/drivers/network";
import type { NetworkDriver } from "@madang/drivers/network/driver";
import type { Env, NetworkPlace } from "./env.ts";

/** null: the cloud has no tenant networks. */
export async function openNetwork(
  { network, dataDirectory }: Env,
  database: Database,
): Promise<NetworkDriver | null> {
  if (network.kind === "ovn") return openOvn(network, await readCloudId(database));
  if (network.kind === "none") return null;
  return createNetworkDriver("simulated", { stateFile: join(dataDirectory, "network.json") });
}

function openOvn(
  { northbound, southbound, tls, ownCentral }: Extract<NetworkPlace, { kind: "ovn" }>,
  cloudId: string,
) {
  return createNetworkDriver("ovn", {
    cloudId,
    ownCentral,
    northbound: northbound.join(","),
    southbound: southbound.join(","),
    ...(tls ? { tls: { certFile: tls.certificate, keyFile: tls.key, caFile: tls.ca } } : {}),
  });
}
