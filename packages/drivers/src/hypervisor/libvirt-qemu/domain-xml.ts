/** The domain of a guest, as libvirt reads it. Proved shape: no TCP anywhere, no USB, 16 PCIe ports besides those of
 * interfaces and volumes. */
import { CloudError } from "@madang/core/errors";
import type { Hardware } from "@madang/core/wire/hardware";
import { XMLParser } from "fast-xml-parser";
import { z } from "zod";
import type { GuestVolume } from "../driver.ts";
import { backingElement, diskElement, withTargets } from "./disk-xml.ts";
import { type GuestMetadata, metadataElement } from "./metadata.ts";
import { interfaceElement, type ModelledDevice } from "./nic-xml.ts";
import { xmlBuilder } from "./xml.ts";

export type DomainSpec = {
  guestId: string;
  virtType: "kvm" | "qemu";
  machineType: string;
  vcpus: number;
  ramMib: number;
  metadata: GuestMetadata;
  /** Null when it boots from one of its volumes. */
  disk: { path: string; base: { path: string; format: "qcow2" | "raw" } | null } | null;
  /** The image, where it is a CD. */
  cdPath: string | null;
  configDrivePath: string;
  serialLogPath: string;
  nics: readonly ModelledDevice[];
  volumes: readonly GuestVolume[];
  hardware: Hardware;
  /** Null unless the hardware says UEFI. */
  uefi: { code: string; variables: string; template: string } | null;
};

const namePrefix = "madang-";
/** Each disk or interface that is plugged later takes one, as do five devices that every guest has. */
const rootPorts = 16;
/** Unbounded, TCG's code cache grew a 512 MiB guest to 1.3 GiB. */
const tcgCacheMib = 64;

/** As long as people may take to open the console, and a start without them is prolonged by, ms. */
const bootMenuMs = 5_000;

/** As libvirtd sees it, in its own mount namespace; short whatever the data folder is. */
const channelFolder = "/var/lib/libvirt/qemu/channel";
export function serialSocketPath(guestId: string): string {
  return `${channelFolder}/${guestId}.serial`;
}

/** What XML 1.0 cannot carry even escaped; C0 controls besides tab and line ends, and two non-characters. */
const notXml = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

export function buildDomainXml(spec: DomainSpec): string {
  const { metadata, disk, cdPath, machineType, configDrivePath, serialLogPath } = spec;
  const files = [disk?.path, disk?.base?.path, cdPath, ...Object.values(spec.uefi ?? {})];
  const paths = [...files.map((path) => path ?? ""), configDrivePath, serialLogPath];
  const texts = [metadata.hostname, machineType, ...paths];
  if (texts.some((text) => notXml.test(text))) {
    throw new CloudError("InvalidInput", "A name holds characters that a guest's definition cannot carry.");
  }
  return xmlBuilder().build({ domain: domainTree(spec) });
}

function domainTree(spec: DomainSpec): Record<string, unknown> {
  return {
    "@type": spec.virtType,
    name: domainName(spec.guestId),
    uuid: spec.guestId,
    metadata: metadataElement(spec.metadata),
    memory: { "@unit": "MiB", "#text": spec.ramMib },
    vcpu: { "@placement": "static", "#text": spec.vcpus },
    os: osElement(spec),
    features: { acpi: {}, apic: {}, ...tcgFeature(spec) },
    cpu: cpuModel(spec),
    clock: { "@offset": "utc" },
    on_poweroff: "destroy",
    on_reboot: "restart",
    on_crash: "destroy",
    // A guest that sleeps can't be woken from the portal.
    pm: { "suspend-to-mem": { "@enabled": "no" }, "suspend-to-disk": { "@enabled": "no" } },
    devices: devices(spec),
  };
}

/** A disk without anything on it can't be booted, so a CD is until it was installed from. */
function osElement({ machineType, hardware, uefi, cdPath }: DomainSpec): Record<string, unknown> {
  return {
    type: { "@arch": "x86_64", "@machine": machineType, "#text": "hvm" },
    ...(uefi ? { loader: { "@readonly": "yes", "@type": "pflash", "#text": uefi.code } } : {}),
    ...(uefi ? { nvram: { "@template": uefi.template, "#text": uefi.variables } } : {}),
    boot: [{ "@dev": "hd" }, ...(cdPath === null ? [] : [{ "@dev": "cdrom" }])],
    ...(hardware.bootMenu === "yes" ? { bootmenu: { "@enable": "yes", "@timeout": bootMenuMs } } : {}),
  };
}

function tcgFeature({ virtType }: DomainSpec): Record<string, unknown> {
  if (virtType === "kvm") return {};
  return { tcg: { "tb-cache": { "@unit": "MiB", "#text": tcgCacheMib } } };
}

/** host-model is expanded by libvirt to a named, versioned model plus features at each start. */
function cpuModel({ virtType }: DomainSpec): Record<string, unknown> {
  if (virtType === "kvm") return { "@mode": "host-model", "@check": "partial" };
  return {
    "@mode": "custom",
    "@match": "exact",
    "@check": "none",
    model: { "@fallback": "forbid", "#text": "Nehalem" },
  };
}

function devices(spec: DomainSpec): Record<string, unknown> {
  const serial = {
    "@type": "unix",
    source: { "@mode": "bind", "@path": serialSocketPath(spec.guestId) },
    log: { "@file": spec.serialLogPath, "@append": "on" },
    target: { "@port": 0 },
  };
  return {
    emulator: "/usr/bin/qemu-system-x86_64",
    disk: disks(spec),
    controller: [
      { "@type": "pci", "@index": 0, "@model": "pcie-root" },
      ...Array.from({ length: rootPorts + spec.nics.length + spec.volumes.length }, () => ({
        "@type": "pci",
        "@model": "pcie-root-port",
      })),
      { "@type": "usb", "@model": "none" },
      // Its interfaces are conventional PCI, also those that come later.
      ...(spec.hardware.nicModel === "e1000" ? [{ "@type": "pci", "@model": "pcie-to-pci-bridge" }] : []),
      ...(spec.hardware.diskBus === "scsi"
        ? [{ "@type": "scsi", "@index": 0, "@model": "virtio-scsi" }]
        : []),
    ],
    ...(spec.nics.length > 0 ? { interface: spec.nics.map(interfaceElement) } : {}),
    serial,
    ...(spec.hardware.guestAgent === "no" ? {} : { channel: agentChannel }),
    input: { "@type": "keyboard", "@bus": "ps2" },
    graphics: { "@type": "vnc", listen: { "@type": "socket" } },
    video: videoElement(spec.hardware),
    memballoon: { "@model": "virtio" },
    rng: { "@model": "virtio", backend: { "@model": "random", "#text": "/dev/urandom" } },
  };
}

const agentChannel = { "@type": "unix", target: { "@type": "virtio", "@name": "org.qemu.guest_agent.0" } };

function videoElement({ videoModel = "vga" }: Hardware): Record<string, unknown> {
  return { model: { "@type": videoModel, ...(videoModel === "virtio" ? {} : { "@vram": 16_384 }) } };
}

type DiskBus = NonNullable<Hardware["diskBus"]>;

/** libvirt's names for the disk that is booted from, the config drive and a CD; volumes have those after them. */
const targets: Record<DiskBus, { root: string; config: string; cd: string }> = {
  virtio: { root: "vda", config: "vdb", cd: "sdc" },
  scsi: { root: "sda", config: "sdb", cd: "sdc" },
  sata: { root: "sda", config: "sdb", cd: "sdc" },
};
/** The config drive is a CD too, and of several the firmware tries only the first by name. */
const sataWithCd = { root: "sda", cd: "sdb", config: "sdc" };

function targetsOf({ hardware: { diskBus = "virtio" }, cdPath }: DomainSpec) {
  return diskBus === "sata" && cdPath !== null ? sataWithCd : targets[diskBus];
}

/** The first is booted from; the guest sees them in this order. */
function disks(spec: DomainSpec): Record<string, unknown>[] {
  const { diskBus = "virtio" } = spec.hardware;
  const volumes = withTargets(spec.volumes);
  const { root: target, cd: cdTarget } = targetsOf(spec);
  const booted = spec.volumes.filter(({ boot }) => boot).map((disk) => diskElement(disk, target, diskBus));
  const root = spec.disk ? [rootDisk(spec.disk, spec.guestId, diskBus)] : booted;
  const others = volumes.filter(({ disk }) => !disk.boot);
  return [
    ...root,
    ...(spec.cdPath === null ? [] : [cd(spec.cdPath, cdTarget)]),
    configDrive(spec, diskBus),
    ...others.map((one) => diskElement(one.disk, one.target, "virtio")),
  ];
}

/** The chain is spelled out and closed, so nobody follows what a header on the guest's disk claims. */
function rootDisk(
  disk: NonNullable<DomainSpec["disk"]>,
  guestId: string,
  bus: DiskBus,
): Record<string, unknown> {
  return {
    "@type": "file",
    "@device": "disk",
    driver: { "@name": "qemu", "@type": "qcow2", "@discard": "unmap" },
    source: { "@file": disk.path },
    backingStore: disk.base ? backingElement(disk.base) : {},
    target: { "@dev": targets[bus].root, "@bus": bus },
    // virtio-blk shows the first 20 bytes.
    serial: guestId.replaceAll("-", "").slice(0, 20),
  };
}

/** SATA has no disks that can't be written, but CDs. */
function configDrive(spec: DomainSpec, bus: DiskBus): Record<string, unknown> {
  return {
    "@type": "file",
    "@device": bus === "sata" ? "cdrom" : "disk",
    driver: { "@name": "qemu", "@type": "raw" },
    source: { "@file": spec.configDrivePath },
    backingStore: {},
    target: { "@dev": targetsOf(spec).config, "@bus": bus },
    readonly: {},
  };
}

/** On the bus that every installer knows. */
function cd(path: string, target: string): Record<string, unknown> {
  return {
    "@type": "file",
    "@device": "cdrom",
    driver: { "@name": "qemu", "@type": "raw" },
    source: { "@file": path },
    backingStore: {},
    target: { "@dev": target, "@bus": "sata" },
    readonly: {},
  };
}

/** Ids as names: nothing a user typed is in a path that libvirt makes. */
export function domainName(guestId: string): string {
  return `${namePrefix}${guestId}`;
}

/** Null for a name that cannot be ours; that it is ours, only the metadata proves. */
export function guestIdOfName(name: string): string | null {
  return name.startsWith(namePrefix) ? name.slice(namePrefix.length) : null;
}

const listen = z.object({ "@type": z.string(), "@socket": z.string().optional() });
const liveDomain = z.object({
  domain: z.object({
    devices: z.object({
      graphics: z.object({ "@type": z.literal("vnc"), listen: z.union([listen, z.array(listen)]) }),
    }),
  }),
});

/** The VNC socket of a running guest as libvirtd sees it; new at each start. Null when there is none. */
export function vncSocketPath(xml: string): string | null {
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "@" });
  const parsed = liveDomain.safeParse(parser.parse(xml));
  if (!parsed.success) return null;
  const listens = [parsed.data.domain.devices.graphics.listen].flat();
  return listens.find((one) => one["@type"] === "socket")?.["@socket"] ?? null;
}
