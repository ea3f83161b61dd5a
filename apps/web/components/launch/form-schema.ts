/** The launch form's own shape; what it sends is `launchInput` of core. */
import {
  displayName,
  type LaunchInput,
  launchCountLimit,
  password,
  userData,
} from "@madang/core/instance/launch";
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
  reachable: z.boolean(),
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
  reachable: false,
};

/** `ids`: at least as many as the form's count. */
export function launchInputOf(values: LaunchForm, projectId: string, ids: readonly string[]): LaunchInput {
  const { count, keyPairId, password: chosen, userData: script, availabilityZone, ...rest } = values;
  return {
    ...rest,
    projectId,
    ids: ids.slice(0, count),
    keyPairId: keyPairId || null,
    password: chosen || null,
    userData: script || null,
    availabilityZone: availabilityZone || null,
    networks: [],
    securityGroupIds: null,
  };
}
