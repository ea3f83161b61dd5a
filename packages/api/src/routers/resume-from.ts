import { z } from "zod";

/** The id of the last message a stream delivered ("xid:id"). */
export const resumeFrom = z
  .string()
  .regex(/^\d{1,20}:\d{1,19}$/)
  .refine((cursor) => {
    const [xid = "", id = ""] = cursor.split(":");
    return BigInt(xid) < 2n ** 64n && BigInt(id) < 2n ** 63n;
  })
  .nullish();
