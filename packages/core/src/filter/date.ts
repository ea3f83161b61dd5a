const unitsMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** `7d` before `now`: minutes, hours, days or weeks; null: none. */
export function agesAgo(text: string, now: Date): Date | null {
  const [, count, unit = ""] = /^(\d{1,5})([mhdw])$/i.exec(text) ?? [];
  const ms = unitsMs[unit.toLowerCase()];
  return count === undefined || ms === undefined ? null : new Date(now.getTime() - Number(count) * ms);
}

/** What a year, a month, a day or a moment lasts, in UTC unless it says its own offset; `to` exclusive; null: none. */
export function daysFrom(text: string): { from: Date; to: Date } | null {
  const [, year, month, day] = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/.exec(text) ?? [];
  if (year === undefined) return moment(text);
  const [y, m, d] = [Number(year), Number(month ?? 1) - 1, Number(day ?? 1)];
  const from = utc(y, m, d);
  if (y < 1 || from.getUTCMonth() !== m || from.getUTCDate() !== d) return null;
  if (day !== undefined) return { from, to: utc(y, m, d + 1) };
  return { from, to: month === undefined ? utc(y + 1, 0, 1) : utc(y, m + 1, 1) };
}

/** Unlike Date.UTC it takes the years before 100 as they are. */
function utc(year: number, month: number, day: number): Date {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return date;
}

function moment(text: string): { from: Date; to: Date } | null {
  const [, plain, offset = "Z"] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:\d\d)?$/i.exec(text) ?? [];
  const ms = plain === undefined || plain.startsWith("0000") ? Number.NaN : Date.parse(plain + offset);
  if (Number.isNaN(ms) || plain === undefined) return null;
  const lasts = plain.length > "2026-01-01T00:00".length ? 1_000 : 60_000;
  return { from: new Date(ms), to: new Date(ms + lasts) };
}
