import { expect, it } from "vitest";
import { destinationFault } from "./route.ts";

it.each([
  ["0.0.0.0/0", null],
  ["0.0.0.0/1", "routeTooWide"],
  ["128.0.0.0/1", "routeTooWide"],
  ["10.0.0.0/7", "routeTooWide"],
  ["10.0.0.0/8", null],
  ["192.0.2.7/32", null],
  ["169.254.169.254/32", "routeReserved"],
  ["169.254.0.0/17", "routeReserved"],
  ["169.0.0.0/8", "routeReserved"],
])("a route to %s: %s", (destination, fault) => expect(destinationFault(destination)).toBe(fault));
