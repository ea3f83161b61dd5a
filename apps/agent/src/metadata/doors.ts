/**
 * One listening socket for each network that has guests here. Level-triggered: what is open follows what the guests say,
 * and what could not be opened is tried again.
 */
import type { Server } from "node:http";
import { isDeepStrictEqual } from "node:util";
import { asCloudError } from "@madang/core/errors";
import type { GuestSpec } from "@madang/core/wire/guest";
import type { PortPlugger } from "@madang/drivers/network/driver";
import PQueue from "p-queue";
import { backOffMs } from "../converge/decision.ts";
import { type Census, type Place, takeCensus } from "./census.ts";
import { type MetadataDeps, serveMetadata } from "./server.ts";

export type Doors = {
  follow: (specs: readonly GuestSpec[]) => void;
  /** Is it the device of one of them? */
  isNeeded: (device: string) => boolean;
  stop: () => Promise<void>;
};

export type DoorsDeps = { plugger: PortPlugger } & Omit<MetadataDeps, "find">;

type Door = { place: Place; ending: AbortController; server: Server | null; timer: NodeJS.Timeout | null };

/** Each takes a child for a moment; more at once would only slow the guests' starts. */
const openedAtOnce = 2;

export function openDoors({ plugger, log, ...told }: DoorsDeps): Doors {
  const doors = new Map<string, Door>();
  const queue = new PQueue({ concurrency: openedAtOnce });
  let census: Census = takeCensus([]);

  const tryOpen = async (door: Door, failures: number): Promise<void> => {
    const { place, ending } = door;
    const { networkId, portId } = place;
    try {
      const listener = await plugger.listen(place, ending.signal);
      if (ending.signal.aborted) return void listener.close();
      const find = (address: string) => census.find(networkId, address);
      door.server = serveMetadata(listener, { ...told, find, log: log.child({ networkId }) });
      log.info({ networkId, portId }, "metadata is served");
    } catch (error) {
      if (ending.signal.aborted) return;
      const { detail } = asCloudError(error).options;
      log.warn({ err: error, detail, networkId, failures }, "metadata is not served yet");
      door.timer = setTimeout(() => enqueue(door, failures + 1), backOffMs(failures));
    }
  };
  const enqueue = (door: Door, failures: number) => {
    if (!door.ending.signal.aborted) void queue.add(() => tryOpen(door, failures));
  };
  const open = (place: Place) => {
    const door: Door = { place, ending: new AbortController(), server: null, timer: null };
    doors.set(place.portId, door);
    enqueue(door, 1);
  };
  const shut = (door: Door) => {
    doors.delete(door.place.portId);
    door.ending.abort();
    if (door.timer) clearTimeout(door.timer);
    door.server?.close();
    door.server?.closeAllConnections();
  };

  return {
    follow: (specs) => {
      census = takeCensus(specs);
      for (const door of [...doors.values()])
        if (!isDeepStrictEqual(door.place, census.places.get(door.place.portId))) shut(door);
      for (const place of census.places.values()) if (!doors.has(place.portId)) open(place);
    },
    isNeeded: (device) => [...doors.keys()].some((portId) => plugger.device(portId) === device),
    stop: async () => {
      for (const door of [...doors.values()]) shut(door);
      await queue.onIdle();
    },
  };
}
