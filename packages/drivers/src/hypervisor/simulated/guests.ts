/** The guests of a simulated hypervisor: what each one is, what can happen to it, and how it is remembered. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { bodyOf, type GuestBody, guestBody, stopCause } from "@madang/core/wire/guest";
import { z } from "zod";
import type { GuestObservation, GuestOrder, ObservedDisk } from "../driver.ts";
import type { SerialHub } from "../serial-hub.ts";
import { type SerialLine, serialLine } from "./serial-line.ts";

const saved = z.object({
  guestId: z.string(),
  hostname: z.string(),
  running: z.boolean(),
  stopCause: stopCause.nullable(),
  rebootSeq: z.int(),
  vcpus: z.int(),
  ramMib: z.int(),
  /** How often it was started. */
  starts: z.int(),
  diskLost: z.boolean().default(false),
  disks: z.array(z.object({ attachmentId: z.string(), volumeId: z.string() })).default([]),
  /** Of its root disk, that are held. */
  copies: z.array(z.string()).default([]),
  /** What it was last ensured to be. */
  body: guestBody.nullable().default(null),
  log: z.base64(),
});
type Saved = z.infer<typeof saved>;
export type SimulatedGuest = Omit<Saved, "log"> & { line: SerialLine; hub: SerialHub | null };

/** What of a guest's serial log outlives the process. */
const savedLogBytes = 4096;

export type SimulatedGuests = {
  all(): SimulatedGuest[];
  get(guestId: string): SimulatedGuest | undefined;
  /** A new guest, switched off. */
  add(order: GuestOrder): SimulatedGuest;
  boot(guest: SimulatedGuest): void;
  end(guest: SimulatedGuest, cause: NonNullable<Saved["stopCause"]>): void;
  loseDisk(guest: SimulatedGuest): void;
  keep(guest: SimulatedGuest, body: GuestBody | null): void;
  plug(guest: SimulatedGuest, disks: readonly ObservedDisk[]): void;
  hold(guest: SimulatedGuest, copies: string[]): void;
  remove(guestId: string): void;
};

export function simulatedGuests(
  stateFile: string | null,
  onChange: (guestId: string) => void,
): SimulatedGuests {
  const guests = new Map<string, SimulatedGuest>();
  const changed = (guestId: string) => {
    if (stateFile) save(stateFile, [...guests.values()]);
    onChange(guestId);
  };
  const revive = ({ log, ...state }: Saved): SimulatedGuest => {
    const inside = {
      hostname: state.hostname,
      powerOff: () => all.end(guest, "shutdown"),
      reboot: () => guest.line.boot(),
    };
    const guest: SimulatedGuest = {
      ...state,
      line: serialLine(inside, Buffer.from(log, "base64")),
      hub: null,
    };
    guests.set(guest.guestId, guest);
    return guest;
  };
  const all: SimulatedGuests = {
    all: () => [...guests.values()],
    get: (guestId) => guests.get(guestId),
    add(order) {
      const guest = revive(blank(order));
      changed(guest.guestId);
      return guest;
    },
    boot(guest) {
      Object.assign(guest, { running: true, stopCause: null, starts: guest.starts + 1 });
      guest.line.boot();
      changed(guest.guestId);
    },
    end(guest, cause) {
      if (!guest.running) return;
      Object.assign(guest, { running: false, stopCause: cause });
      guest.line.hangUp();
      changed(guest.guestId);
    },
    loseDisk(guest) {
      guest.diskLost = true;
      changed(guest.guestId);
    },
    keep(guest, body) {
      if (isDeepStrictEqual(guest.body, body)) return;
      guest.body = body;
      changed(guest.guestId);
    },
    plug(guest, disks) {
      const next = disks.map(({ attachmentId, volumeId }) => ({ attachmentId, volumeId }));
      if (isDeepStrictEqual(guest.disks, next)) return;
      guest.disks = next;
      changed(guest.guestId);
    },
    hold(guest, copies) {
      guest.copies = copies;
      changed(guest.guestId);
    },
    remove(guestId) {
      if (guests.delete(guestId)) changed(guestId);
    },
  };
  for (const state of stateFile ? load(stateFile) : []) revive(state);
  return all;
}

export function observationOf(guest: SimulatedGuest): GuestObservation {
  const { guestId, hostname: name, running, stopCause, rebootSeq, disks } = guest;
  return { guestId, name, observed: running ? "running" : "stopped", stopCause, rebootSeq, disks };
}

function blank({ spec }: GuestOrder): Saved {
  const { guestId, hostname, vcpus, ramMib, rebootSeq } = spec;
  return {
    guestId,
    hostname,
    vcpus,
    ramMib,
    rebootSeq,
    running: false,
    stopCause: "unknown",
    starts: 0,
    diskLost: false,
    disks: [],
    copies: [],
    body: bodyOf(spec),
    log: "",
  };
}

/** In one go, so that a guest is on disk before anybody is told of it. */
function save(path: string, guests: SimulatedGuest[]): void {
  const all = guests.map(({ line, hub: _hub, ...state }) => ({
    ...state,
    log: line.log.subarray(-savedLogBytes).toString("base64"),
  }));
  writeFileSync(`${path}.new`, JSON.stringify(all), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function load(path: string): Saved[] {
  try {
    return z.array(saved).parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
