/** Where instances (`i`) are found by the fields of their filters. */
import { anyInstanceFields, instanceFields } from "@madang/core/filter/instance-fields";
import { ipv4 } from "@madang/core/network/cidr";
import { containing, type Sql, sql } from "../sql.ts";
import { among, anyOf, at, type ListFilter, type Place } from "./clauses.ts";

/** As a list of ids, so that few are found by the index of what is looked for. */
function within(from: string, column: string): Place {
  return (test) => sql`i.id IN (SELECT p.instance_id FROM port p ${place(from, test, column)}
    AND p.instance_id IS NOT NULL)`;
}

function place(from: string, test: (column: Sql) => Sql, column: string): Sql {
  const [joined, tested] = [
    { strings: [from], values: [] },
    { strings: [column], values: [] },
  ];
  return sql`${joined} WHERE (${test(tested)})`;
}

const onHypervisor = (column: string) =>
  among("guest g JOIN hypervisor h ON h.id = g.hypervisor_id WHERE g.id = i.active_guest_id", column);

const places = {
  name: at("i.name"),
  id: at("i.id"),
  status: at("i.status"),
  task: at("i.task_state"),
  power: at("i.power_state"),
  image: at("i.image_name"),
  flavor: at("i.flavor_name"),
  ip: anyOf(
    within("JOIN ip_allocation a ON a.port_id = p.id", "a.address"),
    within("JOIN floating_ip f ON f.port_id = p.id", "f.address"),
  ),
  mac: within("", "p.mac"),
  network: within("JOIN network n ON n.id = p.network_id", "n.name"),
  key: at("i.key_name"),
  zone: anyOf(at("i.availability_zone"), onHypervisor("h.availability_zone")),
  user: among('"user" u WHERE u.id = i.user_id', "u.name"),
  vcpus: at("i.vcpus"),
  ram: at("i.ram_mib"),
  disk: at("i.disk_gib"),
  volume: among(
    "volume_attachment a JOIN volume v ON v.id = a.volume_id WHERE a.instance_id = i.id",
    "v.name",
  ),
  created: at("i.created_at"),
  updated: at("i.updated_at"),
  launched: at("i.launched_at"),
  protected: at("i.delete_protection"),
} as const satisfies Record<keyof typeof instanceFields, Place>;

export const instanceList: ListFilter<typeof instanceFields> = { fields: instanceFields, places, free };

export const anyInstanceList: ListFilter<typeof anyInstanceFields> = {
  fields: anyInstanceFields,
  places: {
    ...places,
    project: among("project o WHERE o.id = i.project_id", "o.name"),
    host: onHypervisor("h.name"),
  },
  free: (text) => {
    const pattern = containing(text);
    const users = sql`SELECT id FROM "user" WHERE name ILIKE ${pattern}`;
    const projects = sql`SELECT id FROM project WHERE name ILIKE ${pattern}`;
    return sql`${free(text)} OR i.user_id IN (${users}) OR i.project_id IN (${projects})`;
  },
};

const idStart = /^[0-9a-f-]{1,36}$/i;

function free(text: string): Sql {
  const pattern = containing(text);
  const named = sql`i.name ILIKE ${pattern} OR i.image_name ILIKE ${pattern} OR i.flavor_name ILIKE ${pattern}`;
  // Writing out ten thousand ids takes as long as all the rest.
  const start = idStart.test(text) ? sql` OR i.id::text LIKE ${pattern.slice(1).toLowerCase()}` : sql``;
  return sql`${named}${start}${reached(text)}`;
}

/** Part of an address, of a floating IP's or of a MAC; a whole address is looked up, parts are compared. */
function reached(text: string): Sql {
  const pattern = containing(text.toLowerCase());
  if (ipv4.safeParse(text).success)
    return sql` OR i.id IN (SELECT p.instance_id FROM port p JOIN ip_allocation a ON a.port_id = p.id
        WHERE a.address = ${text}::inet)
      OR i.id IN (SELECT p.instance_id FROM port p JOIN floating_ip f ON f.port_id = p.id
        WHERE f.address = ${text}::inet)`;
  if (/^\d{1,3}\.[\d.]{0,11}$/.test(text))
    return sql` OR EXISTS (SELECT 1 FROM port p JOIN ip_allocation a ON a.port_id = p.id
        WHERE p.instance_id = i.id AND host(a.address) LIKE ${pattern})
      OR EXISTS (SELECT 1 FROM port p JOIN floating_ip f ON f.port_id = p.id
        WHERE p.instance_id = i.id AND host(f.address) LIKE ${pattern})`;
  if (/^[0-9a-f]{1,2}:[0-9a-f:]{0,14}$/i.test(text))
    return sql` OR i.id IN (SELECT p.instance_id FROM port p WHERE p.mac LIKE ${pattern})`;
  return sql``;
}
