/** What every reader of the trail understands by a moment and by changed values. */
import { z } from "zod";

const firstYear = 1970;

/** In UTC and in years that PostgreSQL has too: what a reader may write as an offset goes further than what it reads. */
export const moment = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .refine((date) => date.getUTCFullYear() >= firstYear && date.getUTCFullYear() <= 9_999)
  .transform((date) => date.toISOString());

const changeValue = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** {field: [before, after]} */
export const eventChanges = z.record(z.string(), z.tuple([changeValue, changeValue]));
