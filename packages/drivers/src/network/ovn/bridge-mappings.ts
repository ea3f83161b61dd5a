/** Which chassis have a bridge into which physical network, as they say it themselves in the southbound database. */
import { entryOf, type Row, textOf } from "../ovsdb/value.ts";
import type { Reaches } from "./router.ts";

const key = "ovn-bridge-mappings";

/** A chassis that nobody has heard of yet may turn out to have all of them. */
export function reachesOf(chassis: ReadonlyMap<string, Row>): Reaches {
  const mapped = new Map([...chassis.values()].map((row) => [textOf(row, "name"), mappedBy(row)]));
  return (name, physicalNetwork) => mapped.get(name)?.has(physicalNetwork) ?? true;
}

/** `public:br-ex,other:br-other`; older ones write it into external_ids. */
function mappedBy(row: Row): ReadonlySet<string> {
  const text = entryOf(row, "other_config", key) ?? entryOf(row, "external_ids", key) ?? "";
  return new Set(text.split(",").map((pair) => pair.split(":")[0]?.trim() ?? ""));
}
