/** What a guest is told of itself in the words of EC2, as far as it is true here. */
import type { GuestSpec } from "../wire/guest.ts";
import { type Entry, type Folder, folder, type Leaf, slashed, text } from "./tree.ts";

/** EC2's ids have 17 hexadecimal digits after their prefix. */
const idDigits = 17;

export function ec2Tree(spec: GuestSpec, userData: readonly Leaf[]): Folder {
  const data = userData.map((leaf): Entry => ["user-data", leaf]);
  return folder([["meta-data", metaData(spec)], ...data], slashed);
}

function metaData(spec: GuestSpec): Folder {
  const addresses = spec.nics.flatMap((nic) => nic.addresses.map(({ address }) => address));
  const first: Entry[] = [
    ...addresses.slice(0, 1).map((address): Entry => ["local-ipv4", text(address)]),
    ...spec.nics.slice(0, 1).map(({ mac }): Entry => ["mac", text(mac)]),
  ];
  const interfaces = folder([["macs", folder(spec.nics.map(interfaceEntry), slashed)]], slashed);
  return folder(
    [
      ["ami-id", text(spec.image === null ? "" : `ami-${spec.image.sha256.slice(0, idDigits)}`)],
      ["ami-launch-index", text(String(spec.launchIndex))],
      ["hostname", text(spec.hostname)],
      ["instance-id", text(`i-${spec.instanceId.replaceAll("-", "").slice(0, idDigits)}`)],
      ["local-hostname", text(spec.hostname)],
      ...first,
      ["network", folder([["interfaces", interfaces]], slashed)],
      ["placement", folder([["availability-zone", text(spec.availabilityZone)]], slashed)],
      ["public-keys", publicKeys(spec)],
    ],
    slashed,
  );
}

function interfaceEntry({ mac, addresses }: GuestSpec["nics"][number], index: number): Entry {
  const local = addresses.map(({ address }) => address).join("\n");
  return [
    mac,
    folder([
      ["device-number", text(String(index))],
      ["local-ipv4s", text(local)],
      ["mac", text(mac)],
    ]),
  ];
}

/** Listed as `0=name`, and then asked for by the number. */
function publicKeys({ keys }: GuestSpec): Folder {
  const entries = keys.map(({ publicKey }, index): Entry => {
    return [String(index), folder([["openssh-key", text(publicKey)]])];
  });
  return folder(entries, ([index]) => `${index}=${keys[Number(index)]?.name ?? ""}`);
}
