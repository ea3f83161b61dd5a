/** Names that people give to what is theirs. */
import { z } from "zod";

/** Characters. */
export const nameLimit = 255;

/** One line of printable text; control and bidirectional override characters would let a name lie about itself. */
export const displayName = z
  .string()
  .trim()
  .min(1, { error: "nameRequired" })
  .max(nameLimit, { error: "nameTooLong" })
  .refine((name) => !/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(name), {
    error: "nameCharacters",
  });
