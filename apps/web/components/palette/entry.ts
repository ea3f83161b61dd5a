import type { Worded } from "./matching.ts";

export type EntryGroup = "actions" | "resources" | "pages" | "create" | "settings" | "projects" | "recent";

/** One line of the palette. */
export type Entry = Worded & {
  key: string;
  group: EntryGroup;
  detail?: string | null;
  /** Why it can't be done now, in words. */
  blocked?: string | null;
  /** Where it leads; remembered among the recent ones. */
  href?: string;
  run?: () => void;
};
