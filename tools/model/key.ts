/** Keeps every distinct part of a state once, and makes a state's key of their numbers. */
import type {
  Body,
  Budget,
  Ghost,
  GuestRow,
  HostRow,
  InstanceRow,
  Machine,
  Report,
  Said,
  Spec,
  State,
} from "./state.ts";

type Bodies = State["bodies"][number];
type Mail = State["mail"][number];

type Table<T extends object> = { values: T[]; idOf: (part: T) => number };

/**
 * A part that is known carries its number in this table, where neither a copy nor a comparison sees it: looking it up in a map would be
 * a quarter of the whole search.
 */
function makeTable<T extends object>(text: (part: T) => string): Table<T> {
  const number = Symbol("number");
  type Numbered = { [number]?: number };
  const values: T[] = [];
  const byText = new Map<string, number>();
  const add = (part: T & Numbered): number => {
    const words = text(part);
    const same = byText.get(words);
    if (same !== undefined) return same;
    const id = values.push(part) - 1;
    Object.defineProperty(part, number, { value: id });
    byText.set(words, id);
    return id;
  };
  return { values, idOf: (part: T & Numbered) => part[number] ?? add(part) };
}

/** Fields of one type always come in one order, for they are always spread from one literal. */
const flat = (part: object): string => Object.values(part).join();

/** Of parts that have a table of their own. */
const several =
  <T extends object>({ idOf }: Table<T>) =>
  (parts: readonly T[]): string => {
    let text = "";
    for (const part of parts) text += digits(idOf(part));
    return text;
  };

export type Codec = { encode: (state: State) => string; decode: (key: string) => State };

const noGuest: GuestRow | Record<string, never> = {};

/** Numbers up to 2^15 take one character, larger ones two. */
function digits(id: number): string {
  return id < 0x8000 ? String.fromCharCode(id) : String.fromCharCode(0x8000 | (id >>> 15), id & 0x7fff);
}

/** For states with so many hosts and guests. */
export function makeCodec(hosts: number, guests: number): Codec {
  const instances = makeTable<InstanceRow>(flat);
  const guestRows = makeTable<GuestRow | Record<string, never>>(flat);
  const rows = makeTable<HostRow>(flat);
  const specs = several(makeTable<Spec>(flat));
  const machines = makeTable<Machine>(
    ({ on, partitioned, boot, run, fetchedIn, specs: told }) =>
      `${on},${partitioned},${boot},${run},${fetchedIn},${specs(told)}`,
  );
  const bodies = makeTable<Bodies>(several(makeTable<Body>(flat)));
  const said = several(makeTable<Said>(flat));
  const reports = makeTable<Report>(
    ({ boot, run, sequence, taken, orphans, guests: about }) =>
      `${boot},${run},${sequence},${taken},${orphans},${said(about)}`,
  );
  const mails = makeTable<Mail>(several(reports));
  const budgets = makeTable<Budget>(flat);
  const ghosts = makeTable<Ghost>(
    ({ held, reading, mayBeOff }) => `${mayBeOff}/${held ? flat(held) : ""}/${reading ? flat(reading) : ""}`,
  );

  const encode = (state: State): string => {
    let key = digits(instances.idOf(state.instance)) + digits(budgets.idOf(state.budget));
    key += digits(ghosts.idOf(state.ghost));
    for (const guest of state.guests) key += digits(guestRows.idOf(guest ?? noGuest));
    for (const row of state.rows) key += digits(rows.idOf(row));
    for (const machine of state.machines) key += digits(machines.idOf(machine));
    for (const body of state.bodies) key += digits(bodies.idOf(body));
    for (const mail of state.mail) key += digits(mails.idOf(mail));
    return key;
  };

  const decode = (key: string): State => {
    let place = 0;
    const next = <T extends object>({ values }: Table<T>): T => {
      const first = key.charCodeAt(place++);
      const id = first < 0x8000 ? first : ((first & 0x7fff) << 15) | key.charCodeAt(place++);
      const value = values[id];
      if (value === undefined) throw new Error("no such part");
      return value;
    };
    const list = <T extends object>(count: number, table: Table<T>): T[] =>
      Array.from({ length: count }, () => next(table));
    const instance = next(instances);
    const budget = next(budgets);
    const ghost = next(ghosts);
    return {
      instance,
      budget,
      ghost,
      guests: list(guests, guestRows).map((row) => (isGuest(row) ? row : null)),
      rows: list(hosts, rows),
      machines: list(hosts, machines),
      bodies: list(hosts, bodies),
      mail: list(hosts, mails),
    };
  };
  return { encode, decode };
}

function isGuest(row: GuestRow | Record<string, never>): row is GuestRow {
  return row !== noGuest;
}
