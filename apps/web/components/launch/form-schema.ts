/** The launch form's own shape; what it sends is `launchInput` of core. */
import { displayName, launchCountLimit, password, userData } from "@madang/core/instance/launch";
import { crashPolicy } from "@madang/core/wire/guest";
import { z } from "zod";

export const launchForm = z.object({
  name: displayName,
  count: z
    .number({ error: "countRange" })
    .int({ error: "countRange" })
    .min(1, { error: "countRange" })
    .max(launchCountLimit, { error: "countRange" }),
  imageId: z.string().min(1, { error: "imageRequired" }),
  flavorId: z.string().min(1, { error: "flavorRequired" }),
  keyPairId: z.string(),
  password: z.union([z.literal(""), password]),
  userData,
  /** "": any */
  availabilityZone: z.string(),
  deleteProtection: z.boolean(),
  crashPolicy,
});
export type LaunchForm = z.infer<typeof launchForm>;

export const emptyLaunch: LaunchForm = {
  name: "",
  count: 1,
  imageId: "",
  flavorId: "",
  keyPairId: "",
  password: "",
  userData: "",
  availabilityZone: "",
  deleteProtection: false,
  crashPolicy: "restart",
};
