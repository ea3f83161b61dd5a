import { readdirSync, readFileSync } from "node:fs";
import { removeExternal } from "./external.mjs";
import { signal } from "./living.mjs";
import { ownedRunFolders, removeNamespace } from "./network-namespace.mjs";
import { placeOf } from "./network-place.mjs";
import { until } from "./waiting.mjs";

function textOf(pid, name) {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}

/** Processes whose command line or environment names the folder, this one and its parents excepted. */
function processesNaming(folder) {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => textOf(pid, "cmdline").includes(folder) || textOf(pid, "environ").includes(folder))
    .map((pid) => ({ pid: Number(pid), command: textOf(pid, "cmdline").replaceAll("\0", " ").trim() }));
}

function mountsNaming(folder) {
  return textOf("self", "mountinfo")
    .split("\n")
    .filter((line) => line.includes(folder));
}

/** Networks of copies whose data folder was in there; their processes have been ended. */
async function networksOf(folder) {
  const left = ownedRunFolders().filter(({ data }) => data.startsWith(folder));
  for (const { run, data } of left) {
    const place = placeOf(data, run.slice(-8));
    await removeExternal(place).catch(() => {});
    await removeNamespace(place).catch(() => {});
  }
  return left.map(({ run, data }) => `the network ${run} of ${data} was left`);
}

/** What still names the folder after `seconds`, as sentences; the processes among it are ended. */
export async function endLeftovers(folder, seconds) {
  await until(() => processesNaming(folder).length === 0, { seconds });
  const processes = processesNaming(folder);
  for (const { pid } of processes) signal(pid, "SIGTERM");
  await until(() => processesNaming(folder).length === 0, { seconds: 10 });
  for (const { pid } of processesNaming(folder)) signal(pid, "SIGKILL");
  return [
    ...processes.map(({ pid, command }) => `process ${pid} was still running: ${command.slice(0, 200)}`),
    ...(await networksOf(folder)),
    ...mountsNaming(folder).map((line) => `still mounted: ${line}`),
  ];
}
