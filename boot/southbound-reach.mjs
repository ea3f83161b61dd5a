import { ask } from "./command.mjs";

const lookEveryMs = 2_000;

/** What the agent named this machine's chassis; null: not yet. */
async function chassisName(place) {
  const words = ["--if-exists", "get", "Open_vSwitch", ".", "external-ids:system-id"];
  const { code, stdout } = await ask(
    "ovs-vsctl",
    [`--db=unix:${place.ovsDatabase}`, "--timeout=5", "--no-wait", ...words],
    { env: place.env },
  );
  return code === 0 ? stdout.trim().replaceAll('"', "") || null : null;
}

/** Whether the southbound database has this machine's chassis: its ovn-controller got there, and nobody has its tunnel address. */
export async function isReached(place, { southbound, tls }) {
  const name = await chassisName(place);
  if (!name) return false;
  const files = tls ? ["-p", tls.key, "-c", tls.certificate, "-C", tls.ca] : [];
  const select = { op: "select", table: "Chassis", where: [["name", "==", name]], columns: ["name"] };
  const { code, stdout } = await ask(
    "ovsdb-client",
    [
      ...["--timeout=5", "--no-leader-only", ...files],
      ...["query", southbound, JSON.stringify(["OVN_Southbound", select])],
    ],
    { env: place.env },
  );
  return code === 0 && JSON.parse(stdout)[0]?.rows?.length === 1;
}

/** Looks until it was reached once: networks go on without the database. Answers the function that ends it. */
export function watchReach(place, remote, reached) {
  let over = false;
  let timer = null;
  async function look() {
    if (await isReached(place, remote).catch(() => false)) {
      reached();
      return;
    }
    if (!over) timer = setTimeout(look, lookEveryMs);
  }
  timer = setTimeout(look, 0);
  return () => {
    over = true;
    clearTimeout(timer);
  };
}
