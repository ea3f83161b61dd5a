"use client";

import { displayName } from "@madang/core/instance/launch";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { AggregateRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { MemberField } from "./member-field.tsx";
import { PropertiesField } from "./properties-field.tsx";
import { emptyRow, type PropertyFault, propertiesFrom, rowsOf } from "./property-rows.ts";

/** A new aggregate, or one that is there with all that can change about it. */
export function AggregateDialog({
  aggregate,
  onClose,
}: {
  aggregate: AggregateRow | null;
  onClose: () => void;
}) {
  const t: Translate = useTranslations();
  const [name, setName] = useState(aggregate?.name ?? "");
  const [description, setDescription] = useState(aggregate?.description ?? "");
  const [rows, setRows] = useState(() => (aggregate ? rowsOf(aggregate.properties) : [emptyRow()]));
  const [chosen, setChosen] = useState(() => new Set(aggregate?.hypervisors.map(({ id }) => id)));
  const [nameFault, setNameFault] = useState<string>();
  const [rowFault, setRowFault] = useState<PropertyFault | null>(null);
  const { save, pending, failure } = useSave(aggregate, onClose);
  const submit = () => {
    const named = displayName.safeParse(name);
    setNameFault(named.success ? undefined : named.error.issues[0]?.message);
    const said = propertiesFrom(rows);
    setRowFault("fault" in said ? said.fault : null);
    if (!named.success || "fault" in said) return;
    save({ name: named.data, description, properties: said.all, hypervisorIds: [...chosen] });
  };
  const group = aggregate ? "edit" : "create";
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t(`admin.aggregates.${group}Title`, { name: aggregate?.name ?? "" })}
      about={t("admin.aggregates.about")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" disabled={pending} onClick={submit}>
            {t(`admin.aggregates.${group}Verb`)}
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
                placeholder="fast-disks"
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
          <Field label={t("admin.aggregates.description")} optional={t("common.optional")}>
            {(control) => (
              <Input
                {...control}
                value={description}
                maxLength={255}
                autoComplete="off"
                onChange={(event) => setDescription(event.target.value)}
              />
            )}
          </Field>
        </div>
        <PropertiesField
          label={t("admin.aggregates.properties")}
          help={t("admin.aggregates.propertiesHelp")}
          rows={rows}
          fault={rowFault}
          onChange={setRows}
        />
        <MemberField chosen={chosen} onChange={setChosen} />
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}

type Fields = Pick<AggregateRow, "name" | "description" | "properties"> & { hypervisorIds: string[] };

function useSave(aggregate: AggregateRow | null, onClose: () => void) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [id] = useState(uuidV7);
  const [failure, setFailure] = useState<Failure | null>(null);
  const done = {
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: trpc.admin.aggregate.pathKey() });
      onClose();
    },
    onError: (thrown: unknown) => {
      setFailure(failureOf(thrown));
      void queries.invalidateQueries({ queryKey: trpc.admin.aggregate.pathKey() });
    },
  };
  const create = useMutation(trpc.admin.aggregate.create.mutationOptions(done));
  const update = useMutation(trpc.admin.aggregate.update.mutationOptions(done));
  const save = (fields: Fields) => {
    setFailure(null);
    if (aggregate) update.mutate({ id: aggregate.id, generation: aggregate.generation, ...fields });
    else create.mutate({ id, ...fields });
  };
  return { save, pending: create.isPending || update.isPending, failure };
}
