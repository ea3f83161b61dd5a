/**
 * As much of an agent as its guests' networks need, in a process of its own that a test kills: orders come from its parent,
 * and what it would report goes there. `holdStart`: it stands still for ever where a guest's ports are plugged and its
 * start is next.
 */
import { join } from "node:path";
import { guestSpec } from "@madang/core/wire/guest";
import { createHypervisorDriver } from "@madang/drivers/hypervisor";
import { createPortPlugger } from "@madang/drivers/network";
import PQueue from "p-queue";
import { pino } from "pino";
import { z } from "zod";
import { createFleet } from "../converge/fleet.ts";
import { openMemory } from "../converge/memory.ts";
import { noDisks } from "../storage/disks.ts";
import { openTenantNetworks } from "../tenant-networks.ts";

const settings = z
  .object({
    directory: z.string(),
    libvirtDir: z.string(),
    imagePath: z.string(),
    database: z.string(),
    namespace: z.string(),
    hypervisorId: z.string(),
    userData: z.string(),
    holdStart: z.boolean(),
  })
  .parse(JSON.parse(process.argv[2] ?? ""));
const { directory, libvirtDir, imagePath, database, namespace, hypervisorId, holdStart } = settings;

const log = pino({ level: "warn" }, pino.destination(2));
const instancesDir = join(directory, "instances");
const driver = await createHypervisorDriver("libvirt-qemu", {
  libvirtDir,
  instancesDir,
  virtType: "qemu",
  log,
});
const held = () => {
  process.send?.({ held: true });
  return new Promise<never>(() => {});
};
const userData = async () => Buffer.from(settings.userData);
const networks = openTenantNetworks({
  plugger: createPortPlugger({ database, namespace, datapath: "netdev", hypervisorId, log }),
  isSimulated: false,
  userData,
  log,
});
const fleet = createFleet({
  driver: holdStart ? { ...driver, ensure: held } : driver,
  memory: await openMemory(directory),
  bootId: "0c0ffee0-1111-4222-8333-444455556666",
  log,
  booting: new PQueue({ concurrency: 2 }),
  image: async () => imagePath,
  imagePath: () => imagePath,
  userData,
  ports: networks.ports,
  disks: noDisks(),
  onChange: (guestId) => process.send?.({ report: fleet.report(guestId) }),
  onOrphans: () => {},
});

process.on("message", (message) => {
  const guests = z.array(guestSpec).parse(message);
  networks.follow(guests, true);
  fleet.apply({ revision: "", hypervisorId, guests, consoles: [], orphanOrders: [] });
  void fleet.sweep();
});
process.on("disconnect", () => process.exit(0));
process.send?.({ ready: true });
