import { prepareHypervisor } from "./hypervisor.mjs";
import { agentDefinition } from "./processes.mjs";

/** Starts virtlogd, libvirtd (unless guests are simulated) and the agent of this machine. */
export async function startHypervisor(supervisor, { wiring, progress, hypervisor, agentUrl, join }) {
  const real = hypervisor === "libvirt-qemu" ? await startLibvirt(supervisor, wiring, progress) : null;
  const definition = agentDefinition(wiring, {
    agentUrl,
    hypervisor,
    libvirtDir: real?.dir ?? null,
    virtType: real?.virtType ?? "auto",
    join,
  });
  await progress.step("Starting the agent", () => supervisor.start(definition));
}

async function startLibvirt(supervisor, { settings, network }, progress) {
  let prepared;
  await progress.step("Looking for hardware virtualization", async () => {
    prepared = await prepareHypervisor(settings, network.place?.namespace ?? null);
    return prepared.virtType === "kvm" ? "KVM" : `none, guests are emulated (${prepared.why})`;
  });
  await progress.step("Starting libvirt", async () => {
    for (const definition of prepared.definitions) await supervisor.start(definition);
  });
  return prepared;
}
