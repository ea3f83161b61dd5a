/** The launch form's own shape; what it sends is `launchInput` of core. */
import {
  displayName,
  type LaunchInput,
  launchCountLimit,
  password,
  userData,
} from "@madang/core/instance/launch";
import { ipv4 } from "@madang/core/network/cidr";
import { interfaceLimit } from "@madang/core/network/interface-input";
import { crashPolicy } from "@madang/core/wire/guest";
import { z } from "zod";
import { bootInput, diskInput } from "./disk-input.ts";
import { bootField, type DiskChoices, diskFaults, diskFields, emptyBoot } from "./disks.ts";

const launchForm = z.object({
  name: displayName,
  count: z
    .number({ error: "countRange" })
    .int({ error: "countRange" })
    .min(1, { error: "countRange" })
    .max(launchCountLimit, { error: "countRange" }),
  /** Of the root disk, or of the new volume that is booted from. */
  imageId: z.string(),
  boot: bootField,
  /** Further ones, in the order in which the guest shall see them. */
  disks: diskFields,
  flavorId: z.string().min(1, { error: "flavorRequired" }),
  keyPairId: z.string(),
  password: z.union([z.literal(""), password]),
  userData,
  /** "": any */
  availabilityZone: z.string(),
  deleteProtection: z.boolean(),
  crashPolicy,
  reachable: z.boolean(),
  /** In the order in which the guest shall see them; `address` "": the next free one. */
  networks: z
    .array(
      z.object({
        kind: z.enum(["network", "port"]),
        id: z.string(),
        address: z.union([z.literal(""), ipv4]),
      }),
    )
    .max(interfaceLimit),
  /** None: the default group */
  securityGroupIds: z.array(z.string()),
});
export type LaunchForm = z.infer<typeof launchForm>;

/** `choices`: what is there to choose from says how small a disk may be. */
export function launchFormOf(choices: DiskChoices) {
  return launchForm.superRefine(
    (values, { addIssue }) => {
      for (const fault of diskFaults(values, choices)) addIssue({ code: "custom", ...fault });
    },
    // Beside the faults of other fields, not after they are mended; not when the shape itself is none.
    { when: ({ issues }) => issues.every(({ path }) => path?.[0] !== "boot" && path?.[0] !== "disks") },
  );
}

export const emptyLaunch: LaunchForm = {
  name: "",
  count: 1,
  imageId: "",
  boot: emptyBoot,
  disks: [],
  flavorId: "",
  keyPairId: "",
  password: "",
  userData: "",
  availabilityZone: "",
  deleteProtection: false,
  crashPolicy: "restart",
  reachable: false,
  networks: [],
  securityGroupIds: [],
};

/** `ids`: at least as many as the form's count. */
export function launchInputOf(values: LaunchForm, projectId: string, ids: readonly string[]): LaunchInput {
  const { count, keyPairId, password: chosen, userData: script, availabilityZone, ...more } = values;
  const { networks, securityGroupIds, imageId, boot, disks, ...rest } = more;
  const instanceIds = ids.slice(0, count);
  return {
    ...rest,
    ...bootInput(boot, imageId, instanceIds),
    projectId,
    ids: instanceIds,
    volumes: disks.map((disk) => diskInput(disk, instanceIds)),
    keyPairId: keyPairId || null,
    password: chosen || null,
    userData: script || null,
    availabilityZone: availabilityZone || null,
    networks: networks.length === 0 && !values.reachable ? "none" : networks.map(interfaceOf),
    securityGroupIds: securityGroupIds.length > 0 ? securityGroupIds : null,
  };
}

function interfaceOf({ kind, id, address }: LaunchForm["networks"][number]) {
  return kind === "port" ? { portId: id } : { networkId: id, address: address || null };
}
