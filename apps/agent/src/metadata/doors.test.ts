import { once } from "node:events";
import { createServer } from "node:net";
import type { GuestNic } from "@madang/core/wire/guest";
import type { PortPlugger } from "@madang/drivers/network/driver";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import { spec } from "../testing/scripted-driver.ts";
import { type Doors, openDoors } from "./doors.ts";

const metadata = {
  portId: crypto.randomUUID(),
  mac: "fa:16:3e:00:00:02",
  addresses: [{ address: "10.0.0.2", prefixLength: 24 }],
};
const nic: GuestNic = {
  ...{ portId: crypto.randomUUID(), networkId: crypto.randomUUID(), mac: "fa:16:3e:00:00:01", mtu: 1442 },
  addresses: [{ address: "127.0.0.1", prefixLength: 24, gateway: null, dnsServers: [], dhcp: true }],
  metadata,
};
const guest = spec({ hostname: "web-1", nics: [nic] });

let failures: number;
/** The ports, in order. */
let opened: number[];
let doors: Doors;

beforeEach(() => {
  failures = 0;
  opened = [];
  const listen: PortPlugger["listen"] = async () => {
    if (failures-- > 0) throw new Error("not yet");
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const place = server.address();
    if (place && typeof place === "object") opened.push(place.port);
    return server;
  };
  const plugger: PortPlugger = {
    kind: "scripted",
    offloads: true,
    device: (portId) => `tap-${portId}`,
    ensure: async () => {},
    isJoined: () => true,
    idle: async () => [],
    listen,
    remove: async () => {},
    list: async () => [],
    close: async () => {},
  };
  const log = pino({ level: "silent" });
  doors = openDoors({ plugger, userData: async () => new Uint8Array(), log });
});
afterEach(() => doors.stop());

async function hostname(port: number | undefined): Promise<string | null> {
  if (port === undefined) return null;
  const answer = await fetch(`http://127.0.0.1:${port}/latest/meta-data/hostname`).catch(() => null);
  return answer?.ok ? answer.text() : null;
}
const asked = (nth: number) => expect.poll(() => hostname(opened[nth]), { timeout: 30_000 });
const device = `tap-${metadata.portId}`;

it("opens where a guest is, however often it must try, and tells it what it is now", async () => {
  failures = 1;
  doors.follow([guest]);
  expect(doors.isNeeded(device)).toBe(true);
  await asked(0).toBe("web-1");
  doors.follow([{ ...guest, hostname: "web-2" }]);
  expect(await hostname(opened[0])).toBe("web-2");
  expect(opened).toHaveLength(1);
});

it("opens anew where the addresses changed, and shuts where nobody is any more", async () => {
  doors.follow([guest]);
  await asked(0).toBe("web-1");
  const moved = { ...metadata, addresses: [{ address: "10.0.0.3", prefixLength: 24 }] };
  doors.follow([{ ...guest, nics: [{ ...nic, metadata: moved }] }]);
  await asked(1).toBe("web-1");
  expect(await hostname(opened[0])).toBeNull();
  doors.follow([{ ...guest, desired: "absent" }]);
  expect(doors.isNeeded(device)).toBe(false);
  await asked(1).toBeNull();
});
