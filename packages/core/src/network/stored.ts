/** The JSON columns of subnets and ports, parsed where they are read. */
import { z } from "zod";
import type { Pool } from "./subnet.ts";
import type { Route } from "./topology.ts";

const pools = z.array(z.object({ start: z.string(), end: z.string() }));
const routes = z.array(z.object({ destination: z.string(), nextHop: z.string() }));
const pairs = z.array(z.object({ address: z.string(), mac: z.string().nullable() }));
export type AddressPair = z.infer<typeof pairs>[number];

export function storedPools(json: unknown): Pool[] {
  return pools.parse(json);
}

export function storedRoutes(json: unknown): Route[] {
  return routes.parse(json);
}

export function storedPairs(json: unknown): AddressPair[] {
  return pairs.parse(json);
}
