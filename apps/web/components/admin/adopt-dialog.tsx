"use client";

import { displayName } from "@madang/core/instance/launch";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { sizeText } from "../../lib/amount.ts";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { OrphanRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { type PickedProject, ProjectPicker } from "../project/project-picker.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";

type AdoptDialogProps = { hypervisorId: string; orphan: OrphanRow; onClose: () => void };

/** Makes an instance for a guest that is there already: in which project, and under which name. */
export function AdoptDialog({ hypervisorId, orphan, onClose }: AdoptDialogProps) {
  const t: Translate = useTranslations();
  const [id] = useState(uuidV7);
  const before = useProjectBefore(orphan);
  const [chosen, setChosen] = useState<PickedProject | null>();
  const project = chosen === undefined ? before : chosen;
  const [name, setName] = useState(orphan.name);
  const [nameFault, setNameFault] = useState<string>();
  const { adopt, failure } = useAdopt(onClose);
  const submit = () => {
    const parsed = displayName.safeParse(name);
    if (!parsed.success) return setNameFault(fieldText(t, parsed.error.issues[0]?.message));
    if (project)
      adopt.mutate({ hypervisorId, guestId: orphan.guestId, id, projectId: project.id, name: parsed.data });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("admin.orphans.adoptTitle", { name: orphan.name.trim() || orphan.guestId.slice(0, 8) })}
      about={t("admin.orphans.adoptAbout")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button
            tone="primary"
            blocked={project ? null : t("admin.orphans.projectNeeded")}
            disabled={adopt.isPending}
            onClick={submit}
          >
            {t("admin.orphans.adopt")}
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
        {failure ? <FailureNotice failure={failure} /> : null}
        <ProjectPicker
          label={t("admin.orphans.project")}
          help={orphan.body ? t("admin.orphans.projectHelp", { size: sizeText(orphan.body) }) : undefined}
          picked={project}
          onChange={setChosen}
        />
        <Field label={t("fields.name")} error={nameFault}>
          {(control) => (
            <Input
              {...control}
              value={name}
              autoComplete="off"
              onChange={(event) => {
                setName(event.target.value);
                setNameFault(undefined);
              }}
            />
          )}
        </Field>
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}

/** Where it was, when that takes anything still; undefined: not known yet. */
function useProjectBefore({ body }: OrphanRow): PickedProject | null | undefined {
  const trpc = useTRPC();
  const id = body?.projectId ?? "";
  const { data, isLoading } = useQuery({
    ...trpc.admin.project.get.queryOptions({ id }),
    enabled: id !== "",
    retry: false,
  });
  if (isLoading) return undefined;
  return data?.state === "enabled" ? { id: data.id, name: data.name } : null;
}

/** Goes on to the new instance. */
function useAdopt(onClose: () => void) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const [failure, setFailure] = useState<Failure | null>(null);
  const adopt = useMutation(
    trpc.admin.orphan.adopt.mutationOptions({
      onMutate: () => setFailure(null),
      onSuccess: (_answer, { projectId, id }) => {
        void queries.invalidateQueries({ queryKey: trpc.admin.pathKey() });
        onClose();
        router.push(`/p/${projectId}/instances/${id}`);
      },
      onError: (thrown) => setFailure(failureOf(thrown)),
    }),
  );
  return { adopt, failure };
}
