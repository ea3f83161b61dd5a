/** Keeps every distinct part of a state once, and makes a state's key of their numbers. */
import type { Budget, Ghost, GuestRow, HostRow, InstanceRow, Machine, State } from "./state.ts";

type Bodies = State["bodies"][number];
type Mail = State["mail"][number];

type Table<T extends object> = { values: T[]; idOf: (part: T) => number };

function makeTable<T extends object>(text: (part: T) => string): Table<T> {
  const values: T[] = [];
  const byText = new Map<string, number>();
  const byPart = new WeakMap<T, number>();
  const idOf = (part: T): number => {
    const known = byPart.get(part);
    if (known !== undefined) return known;
    const words = text(part);
    const same = byText.get(words);
    const id = same ?? values.push(part) - 1;
    if (same === undefined) byText.set(words, id);
    byPart.set(part, id);
    return id;
  };
  return { values, idOf };
}

/** Fields of one type always come in one order, for they are always spread from one literal. */
const flat = (part: object): string => Object.values(part).join();
const several = (parts: readonly object[]): string => parts.map(flat).join("|");

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
  const machines = makeTable<Machine>(({ specs, ...rest }) => `${flat(rest)}/${specs.map(flat).join("|")}`);
  const bodies = makeTable<Bodies>(several);
  const mails = makeTable<Mail>((mail) =>
    mail.map(({ guests: said, ...rest }) => `${flat(rest)}/${several(said)}`).join(";"),
  );
  const budgets = makeTable<Budget>(flat);
  const ghosts = makeTable<Ghost>(({ held, mayBeOff }) => `${mayBeOff}/${held ? flat(held) : ""}`);

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
