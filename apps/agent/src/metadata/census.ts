/** Who asks: the guest that has this address in this network. Nothing that a request says of itself counts. */
import type { GuestNic, GuestSpec } from "@madang/core/wire/guest";

export type Census = {
  /** Null for an address that is nobody's here, or that two claim: then neither is told anything. */
  find: (networkId: string, address: string) => GuestSpec | null;
  /** Where this hypervisor answers, by the metadata port's id. */
  places: ReadonlyMap<string, Place>;
};

export type Place = NonNullable<GuestNic["metadata"]> & { networkId: string; mtu: number };

export function takeCensus(specs: readonly GuestSpec[]): Census {
  const guests = new Map<string, GuestSpec | null>();
  const places = new Map<string, Place>();
  const key = (networkId: string, address: string) => `${networkId} ${address}`;
  for (const spec of specs.filter(({ desired }) => desired !== "absent")) {
    for (const { networkId, mtu, addresses, metadata } of spec.nics) {
      if (metadata) places.set(metadata.portId, { ...metadata, networkId, mtu });
      for (const { address } of addresses) {
        const known = guests.get(key(networkId, address));
        guests.set(key(networkId, address), known === undefined || known === spec ? spec : null);
      }
    }
  }
  return { places, find: (networkId, address) => guests.get(key(networkId, address)) ?? null };
}
