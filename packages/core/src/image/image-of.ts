/** What is asked for of an image that is made of a disk: the hypervisor that keeps it brings the bytes. */
import { z } from "zod";
import { displayName } from "../instance/name.ts";
import { description } from "../network/subnet-input.ts";
import { uuid } from "../uuid.ts";

export const imageOf = z.object({
  id: uuid,
  name: displayName,
  description: description.default(""),
  of: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("volume"), id: z.uuid() }),
    z.object({ kind: z.literal("snapshot"), id: z.uuid() }),
    /** Its root disk, or the volume that it boots from. */
    z.object({ kind: z.literal("instance"), id: z.uuid() }),
  ]),
  protected: z.boolean().default(false),
});
export type ImageOf = z.infer<typeof imageOf>;
