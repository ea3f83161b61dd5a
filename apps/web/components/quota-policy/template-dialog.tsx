"use client";

import { displayName } from "@madang/core/instance/launch";
import type { Limits } from "@madang/core/quota/resource";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { resourceWords, type TypeNames } from "../../lib/resource-words.ts";
import type { QuotaTemplateRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { type Named, NameFields } from "../project/name-fields.tsx";
import { draftsOf, limitsOf } from "../quota/limit-draft.ts";
import { LimitField } from "../quota/limit-field.tsx";
import { limitsWords } from "../quota/quota-words.ts";
import { limitRows, pickedRows, TypePicker } from "../quota/type-picker.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { MeanwhileNotice } from "../ui/meanwhile-notice.tsx";

/** A new template, or one that is there, as it is now; what was typed stays when it changes. */
export function TemplateDialog({
  template,
  onClose,
}: {
  template: QuotaTemplateRow | null;
  onClose: () => void;
}) {
  const t: Translate = useTranslations();
  const [looked, setLooked] = useState(template);
  const [typed, setTyped] = useState<Partial<Named>>({});
  const named = { name: looked?.name ?? "", description: looked?.description ?? "", ...typed };
  const differs = template !== null && looked !== null && contents(template) !== contents(looked);
  const [drafts, setDrafts] = useState(() => draftsOf(template?.limits ?? {}));
  const [picked, setPicked] = useState<TypeNames>({});
  const known = limitRows(looked?.limits ?? {}, looked?.typeNames ?? {});
  const rows = [...known, ...pickedRows(picked, known)];
  const [nameFault, setNameFault] = useState<string>();
  const { save, pending, failure } = useSave(looked, onClose);
  const limits = limitsOf(drafts);
  const none = limits && Object.keys(limits).length === 0 ? t("admin.quotas.limitsNeeded") : null;
  const meanwhile = differs ? t("errors.changedMeanwhile") : null;
  const blocked = meanwhile ?? (limits ? none : t("admin.limits.invalid"));
  const submit = () => {
    const parsed = displayName.safeParse(named.name);
    setNameFault(parsed.success ? undefined : parsed.error.issues[0]?.message);
    if (parsed.success && limits && !blocked)
      save({ name: parsed.data, description: named.description, limits });
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
        {differs ? (
          <MeanwhileNotice onGoOn={() => setLooked(template)}>
            {[template.name, template.description, limitsWords(t, template.limits, template.typeNames)]
              .filter(Boolean)
              .join("\n")}
          </MeanwhileNotice>
        ) : null}
        {failure && failure.error.reason !== "changedMeanwhile" ? <FailureNotice failure={failure} /> : null}
        <div className="grid gap-4 sm:grid-cols-2">
          <NameFields
            named={named}
            fault={nameFault}
            onChange={(changed) => setTyped((before) => ({ ...before, ...changed }))}
          />
        </div>
        <div className="grid gap-4 sm:grid-cols-2">
          {rows.map(({ resource, typeName }) => (
            <div key={resource} className="flex flex-col gap-1.5">
              <span aria-hidden className="text-table font-medium">
                {resourceWords(t, resource, typeName)}
              </span>
              <LimitField
                resource={resource}
                typeName={typeName}
                draft={drafts[resource] ?? ""}
                otherwise={null}
                onChange={(draft) => setDrafts({ ...drafts, [resource]: draft })}
              />
            </div>
          ))}
        </div>
        <TypePicker shown={rows} onPick={(names) => setPicked({ ...picked, ...names })} />
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}

const contents = ({ name, description, limits }: Fields) => JSON.stringify([name, description, limits]);

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
    onError: (thrown: unknown) => {
      setFailure(failureOf(thrown));
      void queries.invalidateQueries({ queryKey: trpc.admin.quota.pathKey() });
    },
  };
  const create = useMutation(trpc.admin.quota.createTemplate.mutationOptions(done));
  const update = useMutation(trpc.admin.quota.updateTemplate.mutationOptions(done));
  const save = (fields: Fields) => {
    setFailure(null);
    if (!template) return create.mutate({ id, ...fields });
    const { name, description, limits } = template;
    update.mutate({ id: template.id, ...fields, was: { name, description, limits } });
  };
  return { save, pending: create.isPending || update.isPending, failure };
}
