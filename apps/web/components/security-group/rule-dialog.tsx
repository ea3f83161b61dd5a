"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import type { Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { SecurityGroupDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { QuotaBlock } from "../quota/quota-block.tsx";
import { useRoom } from "../quota/use-room.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { CustomFields, PresetChips, RemoteFields, RulePreview, SharedFields } from "./rule-fields.tsx";
import { emptyForm, type FormFaults, type FormRule, type RuleForm, rulesOf } from "./rule-form.ts";

type RuleDialogProps = {
  projectId: string;
  group: SecurityGroupDetail;
  direction: RuleForm["direction"];
  onClose: () => void;
};

/** One or several rules at once: what, for whom, and in words what that allows. */
export function RuleDialog({ projectId, group, direction, onClose }: RuleDialogProps) {
  const t: Translate = useTranslations();
  const formId = useId();
  const presets = direction === "ingress" ? emptyForm.presets : [];
  const [form, setForm] = useState<RuleForm>({ ...emptyForm, direction, presets });
  const [faults, setFaults] = useState<FormFaults>({});
  const { rules } = rulesOf(form);
  const wanted = { security_group_rules: Math.max(1, rules.length) };
  const { lines, blocked } = useRoom(projectId, wanted);
  const { add, pending, failure } = useAdd({ projectId, group, onDone: onClose });
  const change = (fields: Partial<RuleForm>) => {
    setForm({ ...form, ...fields });
    setFaults({});
  };
  const submit = () => {
    const result = rulesOf(form);
    setFaults(result.faults);
    if (result.rules.length > 0 && !blocked) add(result.rules);
  };
  const fields = { form, faults, onChange: change };
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("securityGroups.addTitle", { name: group.name })}
      about={t(`securityGroups.addAbout.${form.direction}`)}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" type="submit" form={formId} blocked={blocked} disabled={pending}>
            {t("securityGroups.addVerb", { count: Math.max(1, rules.length) })}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        noValidate
        className="flex flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          event.stopPropagation();
          submit();
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        <PresetChips {...fields} />
        {form.presets.length === 0 ? <CustomFields {...fields} /> : null}
        <RemoteFields {...fields} projectId={projectId} />
        <SharedFields {...fields} />
        <RulePreview projectId={projectId} rules={rules} />
        <QuotaBlock projectId={projectId} lines={lines} wanted={wanted} />
      </form>
    </Dialog>
  );
}

type AddOptions = { projectId: string; group: SecurityGroupDetail; onDone: () => void };

/** Sent again because its answer was lost, it is the same wish: a rule keeps its id until the wish changes. */
function useAdd({ projectId, group, onDone }: AddOptions) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [failure, setFailure] = useState<Failure | null>(null);
  const [ids, setIds] = useState<{ wish: string; ids: string[] } | null>(null);
  const mutation = useMutation(
    trpc.securityGroup.addRules.mutationOptions({
      onSuccess: onDone,
      onError: (thrown) => setFailure(failureOf(thrown)),
      onSettled: () => {
        void queries.invalidateQueries({ queryKey: trpc.securityGroup.pathKey() });
        void queries.invalidateQueries({ queryKey: trpc.project.quota.pathKey() });
      },
    }),
  );
  const add = (rules: FormRule[]) => {
    setFailure(null);
    const wish = JSON.stringify(rules);
    const known = ids?.wish === wish ? ids : { wish, ids: rules.map(() => uuidV7()) };
    setIds(known);
    const sent = rules.map((rule, index) => ({ ...rule, id: known.ids[index] ?? uuidV7() }));
    mutation.mutate({ projectId, id: group.id, rules: sent });
  };
  return { add, pending: mutation.isPending, failure };
}
