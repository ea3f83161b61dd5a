"use client";

import { CircleCheck, CircleOff, Hourglass } from "lucide-react";
import { useTranslations } from "next-intl";
import type { UserRow } from "../../lib/rows.ts";
import { cn } from "../ui/class-names.ts";

type State = "enabled" | "disabled" | "waiting";
const looks = {
  enabled: { icon: CircleCheck, look: "text-running" },
  disabled: { icon: CircleOff, look: "text-muted" },
  waiting: { icon: Hourglass, look: "text-changing" },
};

function stateOf({ enabled, hasPassword }: Pick<UserRow, "enabled" | "hasPassword">): State {
  if (!enabled) return "disabled";
  return hasPassword ? "enabled" : "waiting";
}

/** Whether somebody can sign in, as icon, word and colour. */
export function UserState({ user }: { user: Pick<UserRow, "enabled" | "hasPassword"> }) {
  const t = useTranslations("admin.users");
  const state = stateOf(user);
  const { icon: Icon, look } = looks[state];
  return (
    <span className="inline-flex items-center gap-1.5 align-middle text-table">
      <Icon aria-hidden className={cn("size-4 shrink-0", look)} />
      {t(state)}
    </span>
  );
}
