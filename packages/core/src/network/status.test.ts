import { expect, test } from "vitest";
import { networkStatus, portStatus } from "./status.ts";

test.each([
  [2, 1, true, "instance", "BUILD"],
  [2, 2, true, "instance", "ACTIVE"],
  [2, 2, false, "instance", "DOWN"],
  [2, 2, false, "metadata", "ACTIVE"],
  [2, 1, false, "metadata", "BUILD"],
  [2, 2, false, "router_interface", "ACTIVE"],
  [2, 1, false, "router_interface", "BUILD"],
  [2, 2, false, "none", "DOWN"],
] as const)(
  "generation %i of which %i is realised, up %s, of %s: %s",
  (generation, realisedGeneration, up, owner, status) => {
    expect(portStatus({ generation, realisedGeneration, up, owner })).toBe(status);
    expect(networkStatus({ generation, realisedGeneration })).toBe(status === "BUILD" ? "BUILD" : "ACTIVE");
  },
);
