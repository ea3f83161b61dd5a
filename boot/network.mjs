import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { findDatapath, missingPrograms } from "./datapath.mjs";
import { leadsOut, removeExternal, startExternal } from "./external.mjs";
import { Fault } from "./fault.mjs";
import { makeNamespace, removeNamespace } from "./network-namespace.mjs";
import { networkPlace } from "./network-place.mjs";
import { startCentral } from "./ovn-central.mjs";
import { watchReach } from "./southbound-reach.mjs";
import { lastingNames, startSwitch } from "./switch.mjs";
import { wasReached, watchSwitch } from "./switch-watch.mjs";

/** @typedef {{ kind: "ovn" | "simulated" | "none", why: string }} Network and of ovn: its place, datapath, remotes, external */

/** Why there are no tenant networks here; null: there may be. */
function obstacle({ settings, hypervisor, first, central }) {
  if (hypervisor === "simulated") return { kind: "simulated", why: "guests are simulated" };
  if (settings.network === "none") return { kind: "none", why: "MADANG_NETWORK=none" };
  if (!first && !settings.ovn)
    return { kind: "none", why: "MADANG_OVN_SB is not set, so this machine knows no OVN" };
  if (!first && !settings.tunnel)
    return {
      kind: "none",
      why: "MADANG_TUNNEL_NIC and MADANG_TUNNEL_ADDRESS are not set, so other hypervisors could not tunnel to it",
    };
  const missing = missingPrograms(central ? ["switch", "central"] : ["switch"]);
  if (missing.length > 0) return { kind: "none", why: `not installed: ${missing.join(", ")}` };
  return null;
}

/** Others that join would look for this machine at an address that each of them has itself. */
function requireTunnel({ southboundListen, tunnel }) {
  if (!southboundListen || tunnel) return;
  throw new Fault("MADANG_OVN_SB_LISTEN is set, and other hypervisors could not tunnel to this one.", {
    advice: "Set MADANG_TUNNEL_NIC and MADANG_TUNNEL_ADDRESS too.",
  });
}

/** A machine that forbids namespaces still runs guests. */
async function openPlace(place) {
  try {
    return { made: await makeNamespace(place), fault: null };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { made: false, fault: error.message };
  }
}

/** An earlier run that was killed may have left a switch, which nobody wants now. */
async function withoutNetworks(supervisor, { network, data }, none) {
  const place = networkPlace(data);
  if (existsSync(place.run)) {
    await supervisor.forget(lastingNames);
    await removeExternal(place);
    await removeNamespace(place);
  }
  if (network !== "ovn") return none;
  throw new Fault(`MADANG_NETWORK=ovn is not possible here: ${none.why}.`, {
    advice: "Mend that, or leave the setting out and instances run without tenant networks.",
  });
}

/**
 * Starts Open vSwitch and OVN, or answers why there are no tenant networks. `first`: on the control plane's machine, which
 * has the central part, unless an existing one is set, and the external network. All of it goes when the supervisor stops.
 */
export async function startNetwork(supervisor, { settings, hypervisor, first, progress }) {
  const { ovn, ovnTls: tls, tunnel } = settings;
  if (first && ovn && !ovn.northbound)
    throw new Fault("MADANG_OVN_SB is set and MADANG_OVN_NB is not.", { advice: "Set both or none." });
  const central = first && ovn === null;
  const stop = obstacle({ settings, hypervisor, first, central });
  if (stop) return withoutNetworks(supervisor, settings, stop);
  requireTunnel(settings);
  const place = networkPlace(settings.data);
  const { made, fault } = await openPlace(place);
  if (fault) return withoutNetworks(supervisor, settings, { kind: "none", why: fault });
  supervisor.atEnd("The network namespace", () => removeNamespace(place));
  if (made) await supervisor.forget(lastingNames);
  mkdirSync(place.folder, { recursive: true });
  chmodSync(place.folder, 0o711);
  if (central) await progress.step("Starting OVN", () => startCentral(supervisor, place, settings));
  const datapath = await findDatapath();
  const southbound = ovn?.southbound ?? place.southbound;
  const outward = leadsOut(settings, first);
  const state = `${place.folder}/switch.json`;
  const reached = central || (!made && wasReached(state));
  const watch = watchSwitch({ file: state, say: progress.say, reached });
  await progress.step("Starting Open vSwitch", async () => {
    await startSwitch(supervisor, place, { datapath, southbound, tls, tunnel, outward, watch });
    return datapath === "system" ? "the kernel's datapath" : "userspace datapath";
  });
  if (!reached) {
    const stopLooking = watchReach(place, { southbound, tls }, watch.reached);
    supervisor.atEnd("The look at the southbound database", async () => stopLooking());
  }
  const external = await startExternal(supervisor, { place, settings, datapath, first, watch });
  return {
    kind: "ovn",
    why: central ? "OVN of this copy" : "the OVN that MADANG_OVN_SB names",
    central,
    place,
    datapath,
    northbound: ovn?.northbound ?? place.northbound,
    southbound,
    tls,
    leadsOut: outward,
    switchState: watch.file,
    external,
  };
}
