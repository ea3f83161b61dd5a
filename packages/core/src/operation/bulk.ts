/** What can be done to many instances in one piece of work, and what it is of each of them. */
import type { Permission } from "../identity/permission.ts";
import type { InstanceAction } from "../instance/action.ts";

export const bulkActions = ["start", "stop", "reboot", "hardReboot", "delete", "softDelete"] as const;
export type BulkAction = (typeof bulkActions)[number];

/** As many instances as one piece of work takes. */
export const bulkLimit = 10_000;

/** The generation that a part names until its turn has come: none ever gets there. */
export const notBegun = 2_147_483_647;

type Rule = {
  /** Of the whole. */
  kind: string;
  /** Of each part. */
  part: string;
  action: InstanceAction;
  permission: Permission;
};

export const bulkRules = {
  start: {
    kind: "instance.bulk.start",
    part: "instance.start",
    action: "start",
    permission: "instance:power",
  },
  stop: { kind: "instance.bulk.stop", part: "instance.stop", action: "stop", permission: "instance:power" },
  reboot: {
    kind: "instance.bulk.reboot",
    part: "instance.reboot",
    action: "reboot",
    permission: "instance:power",
  },
  hardReboot: {
    kind: "instance.bulk.hard-reboot",
    part: "instance.reboot",
    action: "hardReboot",
    permission: "instance:power",
  },
  delete: {
    kind: "instance.bulk.delete",
    part: "instance.delete",
    action: "delete",
    permission: "instance:delete",
  },
  softDelete: {
    kind: "instance.bulk.soft-delete",
    part: "instance.soft-delete",
    action: "delete",
    permission: "instance:delete",
  },
} as const satisfies Record<BulkAction, Rule>;

/** null: it is not a piece of work of this sort. */
export function bulkActionOf(kind: string): BulkAction | null {
  return bulkActions.find((action) => bulkRules[action].kind === kind) ?? null;
}
