import type { GuestNic } from "@madang/core/wire/guest";
import { describe, expect, it } from "vitest";
import { spec } from "../testing/scripted-driver.ts";
import { takeCensus } from "./census.ts";

const [red, blue] = [crypto.randomUUID(), crypto.randomUUID()];

function nic(networkId: string, ...addresses: string[]): GuestNic {
  const more = { prefixLength: 24, gateway: null, dnsServers: [], dhcp: true };
  return {
    ...{ portId: crypto.randomUUID(), networkId, mac: "fa:16:3e:00:00:01", mtu: 1442 },
    addresses: addresses.map((address) => ({ address, ...more })),
    metadata: { portId: `${networkId.slice(0, -1)}0`, mac: "fa:16:3e:00:00:02", addresses: [] },
  };
}
const guest = (hostname: string, ...nics: GuestNic[]) =>
  spec({ guestId: crypto.randomUUID(), hostname, nics });

describe("who asks", () => {
  it("is who has the address in that very network", () => {
    const { find } = takeCensus([
      guest("one", nic(red, "10.0.0.5")),
      guest("other", nic(blue, "10.0.0.5", "10.0.0.6")),
    ]);
    expect(find(red, "10.0.0.5")?.hostname).toBe("one");
    expect(find(blue, "10.0.0.5")?.hostname).toBe("other");
    expect(find(blue, "10.0.0.6")?.hostname).toBe("other");
    expect(find(red, "10.0.0.6")).toBeNull();
  });

  it("is nobody when two claim the address, or when its guest goes", () => {
    const twice = takeCensus([guest("one", nic(red, "10.0.0.5")), guest("other", nic(red, "10.0.0.5"))]);
    expect(twice.find(red, "10.0.0.5")).toBeNull();
    const going = { ...guest("one", nic(red, "10.0.0.5")), desired: "absent" as const };
    const moved = takeCensus([going, guest("new", nic(red, "10.0.0.5"))]);
    expect(moved.find(red, "10.0.0.5")?.hostname).toBe("new");
    expect(takeCensus([going]).places.size).toBe(0);
  });

  it("may be one guest with two interfaces in a network", () => {
    const { find, places } = takeCensus([guest("one", nic(red, "10.0.0.5"), nic(red, "10.0.0.5"))]);
    expect(find(red, "10.0.0.5")?.hostname).toBe("one");
    expect([...places.values()]).toMatchObject([{ networkId: red, mtu: 1442 }]);
  });
});
