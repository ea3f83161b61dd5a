"use client";

import { displayName } from "@madang/core/instance/launch";
import { type Limits, quotaResources } from "@madang/core/quota/resource";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { QuotaTemplateRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { draftsOf, limitsOf } from "./limit-draft.ts";
import { LimitField } from "./limit-field.tsx";

const descriptionLimit = 255;

/** A new template, or one that is there with all that can change about it. */
export function TemplateDialog({
  template,
  onClose,
}: {
  template: QuotaTemplateRow | null;
  onClose: () => void;
}) {
  const t: Translate = useTranslations();
  const [name, setName] = useState(template?.name ?? "");
  const [description, setDescription] = useState(template?.description ?? "");
  const [drafts, setDrafts] = useState(() => draftsOf(template?.limits ?? {}));
  const [nameFault, setNameFault] = useState<string>();
  const { save, pending, failure } = useSave(template, onClose);
  const limits = limitsOf(drafts);
  const none = limits && Object.keys(limits).length === 0 ? t("admin.quotas.limitsNeeded") : null;
  const blocked = limits ? none : t("admin.limits.invalid");
  const submit = () => {
    const named = displayName.safeParse(name);
    setNameFault(named.success ? undefined : named.error.issues[0]?.message);
    if (named.success && limits && !blocked) save({ name: named.data, description, limits });
  };
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={template ? t("admin.quotas.editTitle", { name: template.name }) : t("admin.quotas.createTitle")}
      about={t("admin.quotas.emptyTakes")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" blocked={blocked} disabled={pending} onClick={submit}>
            {t(template ? "admin.quotas.save" : "admin.quotas.create")}
          </Button>
        </>
      }
    >
      <form
        noValidate
        className="flex flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t("fields.name")} error={fieldText(t, nameFault)}>
            {(control) => (
              <Input
                {...control}
                value={name}
                autoComplete="off"
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
          <Field label={t("admin.quotas.description")} optional={t("common.optional")}>
            {(control) => (
              <Input
                {...control}
                value={description}
                maxLength={descriptionLimit}
                autoComplete="off"
                onChange={(event) => setDescription(event.target.value)}
              />
            )}
          </Field>
        </div>
        <div className="grid gap-4 sm:grid-cols-2">
          {quotaResources.map((resource) => (
            <div key={resource} className="flex flex-col gap-1.5">
              <span aria-hidden className="text-table font-medium">
                {t(`resources.${resource}`)}
              </span>
              <LimitField
                resource={resource}
                draft={drafts[resource] ?? ""}
                otherwise={null}
                onChange={(draft) => setDrafts({ ...drafts, [resource]: draft })}
              />
            </div>
          ))}
        </div>
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}

type Fields = { name: string; description: string; limits: Limits };

function useSave(template: QuotaTemplateRow | null, onClose: () => void) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [id] = useState(uuidV7);
  const [failure, setFailure] = useState<Failure | null>(null);
  const done = {
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: trpc.admin.quota.pathKey() });
      onClose();
    },
    onError: (thrown: unknown) => setFailure(failureOf(thrown)),
  };
  const create = useMutation(trpc.admin.quota.createTemplate.mutationOptions(done));
  const update = useMutation(trpc.admin.quota.updateTemplate.mutationOptions(done));
  const save = (fields: Fields) => {
    setFailure(null);
    if (template) update.mutate({ id: template.id, ...fields });
    else create.mutate({ id, ...fields });
  };
  return { save, pending: create.isPending || update.isPending, failure };
}
