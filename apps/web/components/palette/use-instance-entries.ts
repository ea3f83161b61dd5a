"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useTRPC } from "../../lib/trpc.ts";
import { type AnyAction, useAct, useBlocked } from "../instance/actions.tsx";
import type { Entry } from "./entry.ts";
import { synonyms } from "./matching.ts";

export type Subject = { projectId: string; id: string };
const offered = [
  "console",
  "start",
  "stop",
  "reboot",
  "hardReboot",
  "rename",
  "image",
  "protect",
  "restore",
  "delete",
] as const satisfies readonly AnyAction[];

/** The acts by their words alone, whatever they are done to. */
export function useActWords() {
  const t = useTranslations("actions");
  return offered.map((action) => ({ words: t(action), also: synonyms[action] ?? "" }));
}

/** What may be done to one instance, and why not; the same questions are asked first as by its buttons. */
export function useInstanceEntries(subject: Subject | null): Entry[] {
  const t = useTranslations("actions");
  const trpc = useTRPC();
  const act = useAct();
  const none = { projectId: "", id: "" };
  const blocked = useBlocked(subject?.projectId ?? "");
  const read = useQuery({
    ...trpc.instance.get.queryOptions(subject ?? none),
    enabled: subject !== null,
  });
  const target = subject && read.data?.id === subject.id ? read.data : null;
  if (!target) return [];
  const shown = offered.filter((action) => action !== "restore" || target.status === "SOFT_DELETED");
  return shown.map((action) => {
    const words = action === "protect" && target.deleteProtection ? "unprotect" : action;
    const console = `/p/${target.projectId}/instances/${target.id}?tab=console`;
    return {
      ...{ key: `act-${action}`, group: "actions", words: t(words), detail: target.name },
      ...{ also: `${synonyms[action] ?? ""} ${target.name}`, blocked: blocked(action, target) },
      ...(action === "console" ? { href: console } : { run: () => act(action, target) }),
    };
  });
}
