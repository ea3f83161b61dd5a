"use client";

import { useFormatter, useNow } from "next-intl";

const tickMs = 10_000;

/** How long ago, with the exact time on hover. */
export function Moment({ date }: { date: Date }) {
  const format = useFormatter();
  const now = useNow({ updateInterval: tickMs });
  // Clocks differ a little between machines; the future is told as now.
  const past = date > now ? now : date;
  return (
    <time
      dateTime={date.toISOString()}
      title={format.dateTime(date, { dateStyle: "medium", timeStyle: "medium" })}
    >
      {format.relativeTime(past, now)}
    </time>
  );
}

export function ExactTime({ date }: { date: Date }) {
  const format = useFormatter();
  return (
    <time dateTime={date.toISOString()}>
      {format.dateTime(date, { dateStyle: "medium", timeStyle: "medium" })}
    </time>
  );
}
