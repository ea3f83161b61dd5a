/** The network of one copy of Madang and nothing else, for the contract test: prints one line of JSON when it is up. */
import { startNetwork } from "../network.mjs";
import { readSettings } from "../settings.mjs";
import { createSupervisor } from "../supervisor.mjs";

const said = (text) => process.stderr.write(`${text}\n`);
const settings = readSettings();
const supervisor = createSupervisor({ data: settings.data, say: said });
const progress = { say: said, step: (_label, work) => work(() => {}) };

process.on("SIGTERM", async () => {
  await supervisor.stop();
  process.exit(0);
});
try {
  const wishes = { settings, hypervisor: "libvirt-qemu", first: process.argv[2] !== "further", progress };
  process.stdout.write(`${JSON.stringify(await startNetwork(supervisor, wishes))}\n`);
} catch (error) {
  said(error.stack);
  await supervisor.stop();
  process.exit(1);
}
