/** Daemons of a lab: children of the test's process, which the kernel ends with it whatever ends that. */
import { type ChildProcess, spawn } from "node:child_process";
import { openSync } from "node:fs";
import { join } from "node:path";
import { systemPath } from "./lab-command.ts";

export type LabDaemon = {
  start(): void;
  /** Returns when it is gone. */
  end(signal?: NodeJS.Signals): Promise<void>;
};

export type DaemonOptions = {
  name: string;
  /** Where its socket, database and log are. */
  folder: string;
  /** null: the host's */
  namespace: string | null;
  program: string;
  args: readonly string[];
};

export function labDaemon({ name, folder, namespace, program, args }: DaemonOptions): LabDaemon {
  const inside = namespace ? ["ip", "netns", "exec", namespace] : [];
  const command = [
    "--pdeathsig",
    "KILL",
    "--",
    ...inside,
    program,
    ...args,
    "-vconsole:warn",
    "-vsyslog:off",
  ];
  const folders = ["OVS_RUNDIR", "OVN_RUNDIR", "OVS_DBDIR", "OVN_DBDIR", "OVS_LOGDIR", "OVN_LOGDIR"];
  const env = Object.fromEntries([...folders, "OVS_SYSCONFDIR"].map((variable) => [variable, folder]));
  let child: ChildProcess | null = null;
  return {
    start() {
      const log = openSync(join(folder, `${name}.log`), "a");
      child = spawn("setpriv", command, {
        env: { ...env, PATH: systemPath },
        stdio: ["ignore", log, log],
      });
    },
    async end(signal = "SIGKILL") {
      const ending = child;
      child = null;
      if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
      const gone = new Promise((resolve) => ending.once("exit", resolve));
      ending.kill(signal);
      await gone;
    },
  };
}
