/** What images ask of a machine, seen by virsh, QEMU's own arguments, and the guests that boot on it. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { guestImage } from "@madang/core/wire/guest";
import type { Hardware } from "@madang/core/wire/hardware";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { qemuUid } from "../../disk/owned-file.ts";
import type { GuestOrder } from "../driver.ts";
import { bootableCd } from "../testing/cd.ts";
import { type LibvirtHarness, libvirtHarness } from "../testing/libvirt-harness.ts";
import { terminal } from "../testing/terminal.ts";
import { until } from "../testing/until.ts";

const exec = promisify(execFile);
const gib = 1024 ** 3;
/** IFF_VNET_HDR */
const vnetHeader = 0x4000;

describe("the hardware that images ask for, under libvirt and QEMU", () => {
  let harness: LibvirtHarness;
  let order: GuestOrder;

  const signal = () => AbortSignal.timeout(240_000);
  const start = async (
    hardware: Hardware,
    change: Partial<GuestOrder["spec"]> = {},
    rest: Partial<GuestOrder> = {},
  ) => {
    const made = harness.order();
    order = { ...made, ...rest, spec: { ...made.spec, hardware, ...change } };
    expect(await harness.driver.ensure(order, { signal: signal() })).toMatchObject({ observed: "running" });
  };
  const xml = () => harness.virsh("dumpxml", order.spec.guestId);
  const file = (name: string) => join(harness.instancesDir, order.spec.guestId, name);
  /** QEMU's arguments, one a line. */
  const command = async () => {
    const pid = await harness.pid(order.spec.guestId);
    return (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", "\n");
  };
  /** What the guest wrote on its serial line, from its first start on. */
  const said = () => readFile(file("console/serial.log"), "latin1").catch(() => "");
  const says = (pattern: RegExp) => until(`${pattern}`, async () => pattern.test(await said()));
  const shell = async () => {
    await says(/MADANG-READY/);
    const line = terminal(await harness.driver.console(order.spec.guestId, "serial", signal()));
    await harness.login(line);
    return async (text: string) => {
      line.type(`echo "A-[$(${text})]-$((6*7))"\r`);
      const [, answer = ""] = await line.see(/\nA-\[([^\]]*)\]-42/);
      return answer.trim();
    };
  };

  beforeAll(async () => {
    harness = await libvirtHarness();
  }, 300_000);
  afterEach(async () => {
    await harness.driver.remove(order.spec.guestId, signal());
    expect(await harness.leftovers(order.spec.guestId)).toEqual([]);
  }, 60_000);
  afterAll(() => harness?.close(), 60_000);

  it("offers what QEMU has, and UEFI", () => {
    order = harness.order();
    expect(harness.driver.capabilities.hardware).toEqual({
      diskBus: ["virtio", "scsi", "sata"],
      nicModel: ["virtio", "e1000e", "e1000"],
      videoModel: ["vga", "virtio", "cirrus"],
      medium: ["disk", "cdrom"],
      firmware: ["bios", "uefi"],
      architecture: ["x86_64", "i686"],
      bootMenu: ["yes", "no"],
      guestAgent: ["yes", "no"],
    });
  });

  it("boots from SCSI, with another screen, a boot menu and no channel for an agent", async () => {
    const hardware = { diskBus: "scsi", videoModel: "virtio", bootMenu: "yes", guestAgent: "no" } as const;
    await start(hardware);
    expect(await harness.driver.describe(order.spec.guestId)).toMatchObject({ hardware });
    const definition = await xml();
    expect(definition).toMatch(/<target dev='sda' bus='scsi'\/>/);
    expect(definition).toMatch(/<controller type='scsi' index='0' model='virtio-scsi'>/);
    expect(definition).toMatch(/<model type='virtio' heads/);
    expect(definition).toMatch(/<bootmenu enable='yes' timeout='5000'\/>/);
    expect(definition).not.toContain("guest_agent");
    const args = await command();
    expect(args).toMatch(/^-device\n.*scsi-hd.*/m);
    expect(args).toMatch(/splash-time=5000/);
    const ask = await shell();
    expect(await ask("cat /run/source; ls -d /sys/block/vd*")).toBe("config-drive");
    // By the serial number that every bus shows.
    const serial = order.spec.guestId.replaceAll("-", "").slice(0, 20);
    expect(await ask("tail -c 20 /sys/block/sda/device/vpd_pg80")).toBe(serial);
  }, 300_000);

  it("boots from SATA, whose config drive is a CD", async () => {
    await start({ diskBus: "sata", videoModel: "cirrus", guestAgent: "yes" });
    const definition = await xml();
    expect(definition).toMatch(/<target dev='sda' bus='sata'\/>\s*<serial>/);
    expect(definition).toMatch(
      /device='cdrom'>(?:(?!<\/disk>)[\s\S])*config\.iso(?:(?!<\/disk>)[\s\S])*<readonly\/>/,
    );
    expect(definition).toContain("guest_agent");
    const args = await command();
    expect(args).toMatch(/"driver":"ide-hd"/);
    expect(args).toMatch(/"driver":"cirrus-vga"/);
    // Firmware, boot loader and kernel came from it; this kernel alone has no driver for SATA.
    await says(/no disk with the label tinyroot/);
  }, 300_000);

  it("boots by UEFI, which keeps what it was told through a stop and a start", async () => {
    await start({ firmware: "uefi" }, { ramMib: 256 });
    expect(await xml()).toMatch(/<loader readonly='yes' type='pflash'>\/usr\/share\/OVMF\//);
    expect(await stat(file("variables.fd"))).toMatchObject({ uid: qemuUid, gid: qemuUid });
    const ask = await shell();
    expect(await ask("ls -d /sys/firmware/efi")).toBe("/sys/firmware/efi");
    const stopped = { ...order, spec: { ...order.spec, desired: "stopped" as const } };
    await harness.driver.ensure(stopped, { signal: signal(), shutdownGraceMs: 20_000 });
    const before = await readFile(file("variables.fd"));
    // It has found the disk, which the file that it began with does not know.
    expect(before.equals(await readFile("/usr/share/OVMF/OVMF_VARS_4M.fd"))).toBe(false);
    const { ino } = await stat(file("variables.fd"));
    await harness.driver.ensure(order, { signal: signal() });
    await until("the second start", async () => (await said()).split("MADANG-READY").length > 2);
    expect((await stat(file("variables.fd"))).ino).toBe(ino);
  }, 300_000);

  it.for([
    ["virtio", "sdc"],
    // The config drive is a CD there too, and isn't tried first.
    ["sata", "sdb"],
  ] as const)(
    "boots a CD beside an empty disk of the flavor's size on %s, and can write to neither the CD nor the image",
    async ([diskBus, target]) => {
      const folder = join(dirname(harness.imagePath), `cd-${diskBus}`);
      await mkdir(folder);
      const iso = await bootableCd(folder);
      const { size } = await stat(iso);
      const before = await readFile(iso);
      const image = guestImage.parse({
        ...harness.order().spec.image,
        format: "raw",
        sizeBytes: size,
        virtualSizeBytes: size,
      });
      await start({ medium: "cdrom", diskBus }, { image, diskGib: 2 }, { imagePath: iso });
      const definition = await xml();
      const cd = definition.split("<disk ").find((disk) => disk.includes("base.img"));
      expect(cd).toMatch(/device='cdrom'>/);
      expect(cd).toMatch(new RegExp(`<target dev='${target}' bus='sata'/>\\s*<readonly/>`));
      expect(definition).toMatch(/<boot dev='hd'\/>\s*<boot dev='cdrom'\/>/);
      const { stdout } = await exec("qemu-img", ["info", "-U", "--output=json", file("disk.qcow2")]);
      expect(JSON.parse(stdout)).toMatchObject({ "virtual-size": 2 * gib, format: "qcow2" });
      expect(JSON.parse(stdout)).not.toHaveProperty("backing-filename");
      const map = await exec("qemu-img", ["map", "-U", "--output=json", file("disk.qcow2")]);
      expect(JSON.parse(map.stdout)).toMatchObject([{ start: 0, length: 2 * gib, data: false }]);
      await says(/ISOLINUX[\s\S]*boot:/);
      expect((await readFile(iso)).equals(before)).toBe(true);
    },
  );

  // e1000e: frames go to the switch with unfinished checksums, so agents whose switch can't finish them don't offer it.
  it.for([
    { nicModel: "e1000" as const, header: 0 },
    { nicModel: "e1000e" as const, header: vnetHeader },
  ])("has an interface like $nicModel", { timeout: 300_000 }, async ({ nicModel, header }) => {
    const device = `mt${randomUUID().slice(0, 8)}`;
    await exec("ip", ["tuntap", "add", "mode", "tap", "user", String(qemuUid), "dev", device]);
    try {
      const portId = randomUUID();
      const nic = { portId, mac: "fa:16:3e:00:00:01", mtu: 1400, device, offloads: false };
      await start({ nicModel }, {}, { nics: [nic] });
      expect(await command()).toContain(`"driver":"${nicModel}"`);
      const flags = Number.parseInt(await readFile(`/sys/class/net/${device}/tun_flags`, "utf8"), 16);
      expect(flags & vnetHeader).toBe(header);
      await says(/MADANG-READY/);
      // It is given and taken while the guest runs, as any other.
      const how = { signal: signal() };
      expect(await harness.driver.ensure({ ...order, nics: [] }, how)).toMatchObject({ nics: [] });
      expect(await xml()).not.toContain(portId);
      expect(await harness.driver.ensure(order, how)).toMatchObject({ nics: [{ portId }] });
    } finally {
      await exec("ip", ["link", "delete", device]).catch(() => {});
    }
  });
});
