import { ask } from "./command.mjs";

/** A daemon that is stopped (SIGSTOP) takes the connection and says nothing, seconds. */
const patience = "--timeout=5";

/** Whether a daemon of OVS or OVN answers at its control socket. */
export async function ovsAnswers({ env }, control) {
  return (await ask("ovs-appctl", [patience, "-t", control, "version"], { env })).code === 0;
}
