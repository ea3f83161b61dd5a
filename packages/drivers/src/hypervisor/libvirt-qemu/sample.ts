/** What all running guests have used, by one call of libvirt. Names of the figures: libvirt-domain.c, virConnectGetAllDomainStats. */
import type { DiskSample, GuestSample, NicSample } from "@madang/core/wire/metrics";
import { guestIdOfName } from "./domain-xml.ts";
import { flags, procedure } from "./rpc/procedures.ts";
import type { Session } from "./rpc/session.ts";
import { readTyped } from "./rpc/typed.ts";
import { type Domain, type XdrReader, xdrWriter } from "./rpc/xdr.ts";

/** REMOTE_DOMAIN_LIST_MAX; REMOTE_CONNECT_GET_ALL_DOMAIN_STATS_MAX is of the figures of one domain. */
const mostDomains = 16_384;
const mostFigures = 262_144;
/** What the guest said longer ago is not what it uses now, ms. */
const oldestSaidMs = 60_000;
/** More disks or interfaces of one guest are not told of. */
const mostDevices = 64;

type Figures = ReadonlyMap<string, number | string>;

export async function sampleGuests(session: Pick<Session, "call">): Promise<GuestSample[]> {
  const args = xdrWriter().uint(0).uint(flags.stats).uint(flags.statsOfRunning);
  const answer = await session.call(procedure.connectGetAllDomainStats, args);
  return answer.array(mostDomains, readRecord).flatMap(({ domain, figures }) => sampleOf(domain, figures));
}

function readRecord(reader: XdrReader): { domain: Domain; figures: Figures } {
  const domain = reader.domain();
  return { domain, figures: new Map(reader.array(mostFigures, readTyped)) };
}

/** None of what is not ours, nor of one that could not tell its CPU time now: the next look has it. */
export function sampleOf(domain: Domain, figures: Figures, nowMs = Date.now()): GuestSample[] {
  const guestId = guestIdOfName(domain.name);
  const nanoseconds = number(figures, "cpu.time");
  if (guestId === null || nanoseconds === null) return [];
  return [
    {
      guestId,
      // libvirt counts them up with each start.
      life: String(domain.id),
      cpuUs: Math.floor(nanoseconds / 1_000),
      residentKib: number(figures, "balloon.rss"),
      usedKib: usedOf(figures, nowMs),
      disks: devices(figures, "block", diskOf),
      nics: devices(figures, "net", nicOf),
    },
  ];
}

/**
 * Only a guest whose balloon driver tells has these; what it could give away at once is not in use. The guest may say
 * anything: more than all of its memory is none. QEMU dates it by this clock.
 */
function usedOf(figures: Figures, nowMs: number): number | null {
  const all = number(figures, "balloon.available");
  const free = number(figures, "balloon.usable") ?? number(figures, "balloon.unused");
  const saidSeconds = number(figures, "balloon.last-update") ?? 0;
  if (all === null || free === null || Math.abs(nowMs - saidSeconds * 1_000) > oldestSaidMs) return null;
  const used = all - free;
  return used >= 0 && used <= (number(figures, "balloon.maximum") ?? 0) ? used : null;
}

function devices<T>(figures: Figures, kind: string, of: (name: string, at: (field: string) => number) => T) {
  const count = Math.min(mostDevices, number(figures, `${kind}.count`) ?? 0);
  const found = Array.from({ length: count }, (_, index): T | null => {
    const name = figures.get(`${kind}.${index}.name`);
    const at = (field: string) => number(figures, `${kind}.${index}.${field}`) ?? 0;
    return typeof name === "string" ? of(name, at) : null;
  });
  return found.filter((one): one is Awaited<T> & NonNullable<T> => one !== null);
}

const diskOf = (name: string, at: (field: string) => number): DiskSample => ({
  ...{ name, readBytes: at("rd.bytes"), writtenBytes: at("wr.bytes") },
  ...{ reads: at("rd.reqs"), writes: at("wr.reqs") },
});

const nicOf = (name: string, at: (field: string) => number): NicSample => ({
  ...{ name, inBytes: at("rx.bytes"), outBytes: at("tx.bytes") },
  ...{ inPackets: at("rx.pkts"), outPackets: at("tx.pkts") },
});

function number(figures: Figures, name: string): number | null {
  const value = figures.get(name);
  return typeof value === "number" && value >= 0 && Number.isFinite(value) ? value : null;
}
