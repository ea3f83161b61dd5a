import { must } from "./iproute.mjs";

/** Speaks to the switch's database, and waits until the switch has done what it says. */
export const vsctl = (place, ...args) =>
  must("ovs-vsctl", [`--db=unix:${place.ovsDatabase}`, "--timeout=30", ...args], { env: place.env });
