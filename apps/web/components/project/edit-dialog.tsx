"use client";

import { displayName } from "@madang/core/instance/launch";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { ProjectRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { MeanwhileNotice } from "../ui/meanwhile-notice.tsx";
import { type Named, NameFields } from "./name-fields.tsx";

type Edited = Pick<ProjectRow, "id" | "name" | "description" | "generation">;
type DialogProps = {
  /** As it is now; what was typed stays when it changes. */
  project: Edited;
  onClose: () => void;
};

export function EditProjectDialog({ project, onClose }: DialogProps) {
  const t: Translate = useTranslations();
  const [looked, setLooked] = useState(project);
  const [typed, setTyped] = useState<Partial<Named>>({});
  const [fault, setFault] = useState<string>();
  const { update, failure } = useUpdate(onClose);
  const named = { name: looked.name, description: looked.description, ...typed };
  const differs = project.generation !== looked.generation;
  const submit = () => {
    const parsed = displayName.safeParse(named.name);
    setFault(parsed.success ? undefined : parsed.error.issues[0]?.message);
    const changed = {
      ...(parsed.success && parsed.data !== looked.name ? { name: parsed.data } : {}),
      ...(named.description === looked.description ? {} : { description: named.description }),
    };
    if (!parsed.success || differs) return;
    if (Object.keys(changed).length === 0) return onClose();
    update.mutate({ id: looked.id, generation: looked.generation, ...changed });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("admin.projects.editTitle", { name: looked.name })}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button
            tone="primary"
            blocked={differs ? t("errors.changedMeanwhile") : null}
            disabled={update.isPending}
            onClick={submit}
          >
            {t("admin.projects.save")}
          </Button>
        </>
      }
    >
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {differs ? (
          <MeanwhileNotice onGoOn={() => setLooked(project)}>
            {[project.name, project.description].filter(Boolean).join("\n")}
          </MeanwhileNotice>
        ) : null}
        {failure && failure.error.reason !== "changedMeanwhile" ? <FailureNotice failure={failure} /> : null}
        <NameFields
          named={named}
          fault={fault}
          onChange={(changed) => setTyped((before) => ({ ...before, ...changed }))}
        />
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}

function useUpdate(onClose: () => void) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [failure, setFailure] = useState<Failure | null>(null);
  const update = useMutation(
    trpc.admin.project.update.mutationOptions({
      onMutate: () => setFailure(null),
      onSuccess: onClose,
      onError: (thrown) => setFailure(failureOf(thrown)),
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.admin.project.pathKey() }),
    }),
  );
  return { update, failure };
}
