/** Where a route may lead to, of a router and of a subnet's guests alike. */
import { cidrOf, overlap } from "./cidr.ts";

/** Two halves would be a default route by another name, for which gateways stand. The widest range that a subnet has, too. */
const widest = 8;
/** RFC 3927. In it is 169.254.169.254, where instances ask who they are: nobody else may answer there. */
const linkLocal = "169.254.0.0/16";

export type DestinationFault = "routeTooWide" | "routeReserved";

/** `0.0.0.0/0` is a default route, and may be one. */
export function destinationFault(destination: string): DestinationFault | null {
  if (destination === "0.0.0.0/0") return null;
  const range = cidrOf(destination);
  if (range !== null && range.prefix < widest) return "routeTooWide";
  return overlap(linkLocal, destination) ? "routeReserved" : null;
}
