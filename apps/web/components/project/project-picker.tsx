"use client";

import { wordFilter } from "@madang/core/filter/print";
import { useQuery } from "@tanstack/react-query";
import { FolderClosed } from "lucide-react";
import { useTranslations } from "next-intl";
import { useDeferredValue, useId, useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { ProjectRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Combobox } from "../ui/combobox.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";

export type PickedProject = Pick<ProjectRow, "id" | "name">;

/** Who types more letters sees fewer. */
const shownFound = 8;

type ProjectPickerProps = {
  label: string;
  help?: string | undefined;
  /** undefined: not known yet. */
  picked: PickedProject | null | undefined;
  onChange: (picked: PickedProject | null) => void;
};

/** One project of all in the cloud. Those that are disabled or end are not offered: nothing can be put into them. */
export function ProjectPicker({ label, help, picked, onChange }: ProjectPickerProps) {
  const t = useTranslations();
  const trpc = useTRPC();
  const id = useId();
  const [typed, setTyped] = useState("");
  const wanted = useDeferredValue(typed.trim());
  const query = useQuery({
    ...trpc.admin.project.list.queryOptions({
      filter: { state: ["enabled"], ...(wanted ? { text: wordFilter(wanted) } : {}) },
      limit: shownFound,
    }),
    enabled: picked === null,
  });
  const ready = query.isSuccess && wanted === typed.trim();
  const nothing = ready ? t("nav.noProjectFound", { text: wanted }) : t("common.loading");
  return (
    <div className="flex flex-col gap-1.5">
      <span aria-hidden className="text-table font-medium">
        {label}
      </span>
      <Combobox
        open={picked === null}
        label={label}
        describedBy={help ? `${id}-help` : undefined}
        placeholder={t("nav.findProject")}
        text={picked?.name ?? typed}
        onText={(text) => {
          setTyped(text);
          onChange(null);
        }}
        items={ready && picked === null ? query.data.items : []}
        itemKey={(project) => project.id}
        nothing={query.isError ? null : nothing}
        onChoose={(project) => {
          setTyped("");
          onChange({ id: project.id, name: project.name });
        }}
        show={({ name }) => (
          <>
            <FolderClosed aria-hidden className="text-muted" />
            <span className="min-w-0 truncate">{name}</span>
          </>
        )}
      />
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => void query.refetch()} />
      ) : null}
      {help ? (
        <p id={`${id}-help`} className="text-label text-muted">
          {help}
        </p>
      ) : null}
    </div>
  );
}
