import { z } from "zod";

/**
 * Text that an agent says and people read. Hypervisors are not trusted with our tables: it is cut, not refused, so that a
 * long message costs its end and never the report, and NUL, which PostgreSQL can't hold, is dropped.
 */
export function heard(limit: number) {
  return z
    .string()
    .transform((text) => text.replaceAll("\0", "").toWellFormed().slice(0, limit).toWellFormed());
}
