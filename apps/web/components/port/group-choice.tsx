"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useTRPC } from "../../lib/trpc.ts";

/** The API's largest page: more groups than this are not offered in one form. */
const choiceLimit = 500;

type GroupChoiceProps = {
  projectId: string;
  value: readonly string[];
  onChange: (ids: string[]) => void;
  /** What no choice stands for: the default group, or no group at all. */
  emptyMeans?: "default" | "nothing";
};

/** Which security groups a port is in. */
export function GroupChoice({ projectId, value, onChange, emptyMeans = "default" }: GroupChoiceProps) {
  const t = useTranslations("ports");
  const trpc = useTRPC();
  const groups = useQuery(
    trpc.securityGroup.list.queryOptions({ projectId, sort: "name", limit: choiceLimit }),
  );
  const rows = groups.data?.items ?? [];
  const toggle = (id: string, on: boolean) =>
    onChange(on ? [...value, id] : value.filter((other) => other !== id));
  return (
    <fieldset className="flex min-w-0 flex-col gap-1.5">
      <legend className="mb-1.5 text-table font-medium">{t("securityGroups")}</legend>
      {groups.isSuccess && rows.length === 0 ? (
        <p className="text-label text-muted">{t("noGroupYet")}</p>
      ) : (
        <div className="flex max-h-44 flex-col gap-1 overflow-y-auto rounded-control border p-2">
          {rows.map((group) => (
            <label
              key={group.id}
              className="flex min-h-7 items-center gap-2 text-table pointer-coarse:min-h-9"
            >
              <input
                type="checkbox"
                className="size-4 shrink-0 accent-accent"
                checked={value.includes(group.id)}
                onChange={(event) => toggle(group.id, event.target.checked)}
              />
              <span className="min-w-0 break-words">{group.name}</span>
              <span className="ml-auto shrink-0 text-label text-muted">
                {t("rules", { count: group.ruleCount })}
              </span>
            </label>
          ))}
        </div>
      )}
      {value.length === 0 && emptyMeans === "default" ? (
        <p className="text-label text-muted">{t("groupsDefault")}</p>
      ) : null}
    </fieldset>
  );
}
