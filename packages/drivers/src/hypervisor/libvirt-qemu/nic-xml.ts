/**
 * A guest's interfaces as libvirt reads and shows them. The tap is ours, made before and kept after; the alias carries the
 * port's id, by which an interface is found again, and which nobody but us gives.
 */
import type { Hardware } from "@madang/core/wire/hardware";
import { XMLParser } from "fast-xml-parser";
import { z } from "zod";
import type { GuestDevice, ObservedNic } from "../driver.ts";
import { xmlBuilder } from "./xml.ts";

/** libvirt keeps aliases of users apart from its own by `ua-`. */
const aliasPrefix = "ua-port-";

const hostOffloads = ["csum", "gso", "tso4", "tso6", "ecn", "ufo", "mrg_rxbuf"];
const guestOffloads = ["csum", "tso4", "tso6", "ecn", "ufo"];

export type ModelledDevice = GuestDevice & { model?: NonNullable<Hardware["nicModel"]> };

export function interfaceXml(nic: ModelledDevice): string {
  return xmlBuilder().build({ interface: interfaceElement(nic) });
}

export function interfaceElement({
  portId,
  mac,
  mtu,
  device,
  offloads,
  model = "virtio",
}: ModelledDevice): Record<string, unknown> {
  // Only virtio can be told which work to leave to the host.
  const isTold = !offloads && model === "virtio";
  return {
    "@type": "ethernet",
    mac: { "@address": mac },
    target: { "@dev": device, "@managed": "no" },
    model: { "@type": model },
    ...(!isTold ? {} : { driver: { "@name": "qemu", host: off(hostOffloads), guest: off(guestOffloads) } }),
    alias: { "@name": aliasPrefix + portId },
    mtu: { "@size": mtu },
  };
}

function off(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`@${name}`, "off"]));
}

const shown = z.object({
  mac: z.object({ "@address": z.string() }),
  alias: z.object({ "@name": z.string() }).optional(),
});
const many = z
  .union([shown, z.array(shown)])
  .default([])
  .transform((found) => [found].flat());
const withInterfaces = z.object({ domain: z.object({ devices: z.object({ interface: many }) }) });

/** Those that have one of our aliases. */
export function readNics(xml: string): ObservedNic[] {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    parseAttributeValue: false,
  });
  const parsed = withInterfaces.safeParse(parser.parse(xml));
  if (!parsed.success) return [];
  return parsed.data.domain.devices.interface.flatMap((one) => {
    const alias = one.alias?.["@name"] ?? "";
    if (!alias.startsWith(aliasPrefix)) return [];
    return [{ portId: alias.slice(aliasPrefix.length), mac: one.mac["@address"].toLowerCase() }];
  });
}
