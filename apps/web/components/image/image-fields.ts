/** What is said of an image both when it is added and when it is edited. */
import { minDiskGib, minRamMib, newImage } from "@madang/core/image/image-input";
import { imageVisibilities } from "@madang/core/image/status";
import { z } from "zod";
import { propertiesOfFields, propertyFields } from "./image-properties.ts";

export const imageFields = z.object({
  name: newImage.shape.name,
  description: newImage.shape.description,
  visibility: z.enum(imageVisibilities),
  minDiskGib: z.number({ error: "numberRequired" }).pipe(minDiskGib),
  minRamMib: z.number({ error: "numberRequired" }).pipe(minRamMib),
  properties: propertyFields.transform((fields, check) => {
    const read = propertiesOfFields(fields);
    if ("all" in read) return read.all;
    check.addIssue({ code: "custom", message: read.fault, path: ["others"] });
    return z.NEVER;
  }),
});
export type ImageFieldValues = z.input<typeof imageFields>;
