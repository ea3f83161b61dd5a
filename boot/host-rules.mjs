import { writeFileSync } from "node:fs";
import { ask } from "./command.mjs";
import { must } from "./iproute.mjs";

/** Answers to what the other side began: a guest that got through while there were no rules does not stay connected. */
const answers = "ct direction reply ct state established,related accept";

/** Guests may answer what this host began, and ping it at its addresses there; whatever else comes from them to this host, or through it, ends here. */
function isolated(link) {
  return [`iifname "${link}" drop`, `oifname "${link}" drop`];
}

/** Out by the uplink alone, from the floating range alone; and if this host did not forward before, nothing else is. */
function translated(link, { floating, uplink, guarded }) {
  return [
    // Where clouds answer their machines with what only this host may know.
    `iifname "${link}" ip daddr 169.254.0.0/16 drop`,
    `iifname "${link}" ip saddr ${floating} oifname "${uplink}" accept`,
    `iifname "${link}" drop`,
    `oifname "${link}" iifname "${uplink}" ${answers}`,
    `oifname "${link}" drop`,
    ...(guarded ? [`iifname "${uplink}" oifname != "mdg-*" drop`] : []),
  ];
}

function postrouting({ floating, uplink }) {
  return [
    "chain postrouting { type nat hook postrouting priority srcnat; policy accept;",
    `ip saddr ${floating} oifname "${uplink}" masquerade`,
    "}",
  ];
}

/** The table that keeps guests from this host, as `nft -f` takes it: whatever it is now, it is replaced at once. */
export function rulesOf({ link, table }, { addresses, floating, nat }) {
  return [
    `table inet ${table}`,
    `delete table inet ${table}`,
    `table inet ${table} {`,
    "chain input { type filter hook input priority -10; policy accept;",
    `iifname "${link}" ${answers}`,
    `iifname "${link}" ip daddr { ${addresses.join(", ")} } icmp type echo-request accept`,
    `iifname "${link}" drop`,
    "}",
    "chain forward { type filter hook forward priority -10; policy accept;",
    ...(nat ? translated(link, { floating, ...nat }) : isolated(link)),
    "}",
    ...(nat ? postrouting({ floating, ...nat }) : []),
    "}",
    "",
  ].join("\n");
}

/** As nft tells it, to compare with; null: there is none. */
export async function listRules({ table }) {
  const { code, stdout } = await ask("nft", ["list", "table", "inet", table]);
  return code === 0 ? stdout : null;
}

/** Answers how nft tells them from then on. */
export async function writeRules(place, rules) {
  const file = `${place.folder}/host-link.nft`;
  writeFileSync(file, rules, { mode: 0o600 });
  await must("nft", ["-f", file]);
  return listRules(place);
}

export async function removeRules(place) {
  if ((await listRules(place)) !== null) await must("nft", ["delete", "table", "inet", place.table]);
}
