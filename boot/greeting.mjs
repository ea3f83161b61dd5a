import { existsSync } from "node:fs";
import { notForProduction } from "./datapath.mjs";

function passwordLine({ settings, first }) {
  const file = `${settings.data}/admin-password`;
  if (first.adminPassword) return `${first.adminPassword}   (also in ${file})`;
  if (existsSync(file)) return `the first one is in ${file}`;
  return settings.adminPassword ? "as set in MADANG_ADMIN_PASSWORD" : "as you set it";
}

function simulatedBanner(why) {
  return [
    "",
    "┌──────────────────────────────────────────────────────────────────────┐",
    "│  SIMULATED HYPERVISOR: instances are not real machines here.         │",
    "└──────────────────────────────────────────────────────────────────────┘",
    `  Why: ${why}`,
  ];
}

export function networkLines({ kind, why, datapath, external }) {
  if (kind === "none") return [`    Network    none: instances here run without tenant networks (${why})`];
  if (kind === "simulated") return ["    Network    simulated"];
  const outside = external ? `; outside ${external.words}` : "";
  if (datapath === "system") return [`    Network    ${why}, the kernel's datapath${outside}`];
  return [
    `    Network    ${why}, userspace datapath${outside}`,
    `               NOT FOR PRODUCTION: ${notForProduction}`,
  ];
}

/** What somebody needs who has just started it: where, who, how to stop. */
export function greet({ settings, first, hypervisor, why, network, say }) {
  const lines = [
    ...(hypervisor === "simulated" ? simulatedBanner(why) : []),
    "",
    "  Madang is ready.",
    "",
    `    Portal     ${settings.url}`,
    `    Sign in    ${first.adminName}`,
    `    Password   ${passwordLine({ settings, first })}`,
    `    Data       ${settings.data}   (logs in log/)`,
    ...networkLines(network),
    "",
    "  Stop it with Ctrl-C: guests are shut down first, and come back with the next start.",
    "",
  ];
  say(lines.join("\n"));
}
