"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { zoneName } from "@madang/core/hypervisor/zone";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import { type FieldErrors, type UseFormRegister, useForm } from "react-hook-form";
import { z } from "zod";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { HypervisorRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";

const number = z.number({ error: "numberRequired" });
const ratio = number.min(0.1, { error: "numberRange" }).max(64, { error: "numberRange" });
/** The same bounds as the procedure's. */
const schema = z.object({
  availabilityZone: zoneName,
  cpuAllocationRatio: ratio,
  ramAllocationRatio: ratio,
  diskAllocationRatio: ratio,
  reservedRamMib: number
    .int({ error: "numberWhole" })
    .min(0, { error: "numberRange" })
    .max(8_388_608, { error: "numberRange" }),
});
type Values = z.infer<typeof schema>;
/** As many as the launch form offers. */
const zoneLimit = 500;
const ratios = ["cpuAllocationRatio", "ramAllocationRatio", "diskAllocationRatio"] as const;

/** In which zone a hypervisor counts, and how much of it may be promised. */
export function PolicyDialog({ hypervisor, onClose }: { hypervisor: HypervisorRow; onClose: () => void }) {
  const t: Translate = useTranslations();
  const form = useForm<Values>({ resolver: zodResolver(schema), defaultValues: hypervisor });
  const { save, pending, failure } = useSave(hypervisor.id, onClose);
  const { dirtyFields, errors } = form.formState;
  const part = { register: form.register, errors };
  const submit = form.handleSubmit((values) => {
    // What was not touched here is not sent: somebody else may have changed it meanwhile.
    const changed = <Name extends keyof Values>(name: Name) => (dirtyFields[name] ? values[name] : undefined);
    save({
      availabilityZone: changed("availabilityZone"),
      cpuAllocationRatio: changed("cpuAllocationRatio"),
      ramAllocationRatio: changed("ramAllocationRatio"),
      diskAllocationRatio: changed("diskAllocationRatio"),
      reservedRamMib: changed("reservedRamMib"),
    });
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("admin.policy.title", { name: hypervisor.name })}
      about={t("admin.policy.about")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" disabled={pending} onClick={submit}>
            {t("admin.policy.save")}
          </Button>
        </>
      }
    >
      <form noValidate className="flex flex-col gap-4" onSubmit={submit}>
        {failure ? <FailureNotice failure={failure} /> : null}
        <ZoneName {...part} />
        <Overcommit {...part} />
        <Reserved {...part} />
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}

type Changes = { [Name in keyof Values]: Values[Name] | undefined };

function useSave(id: string, onClose: () => void) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [failure, setFailure] = useState<Failure | null>(null);
  const update = useMutation(
    trpc.admin.hypervisor.update.mutationOptions({
      onMutate: () => setFailure(null),
      onSuccess: () => {
        void queries.invalidateQueries({ queryKey: trpc.admin.pathKey() });
        void queries.invalidateQueries({ queryKey: trpc.zone.pathKey() });
        onClose();
      },
      onError: (thrown) => setFailure(failureOf(thrown)),
    }),
  );
  return {
    save: (changes: Changes) => update.mutate({ id, ...changes }),
    pending: update.isPending,
    failure,
  };
}

type Part = { register: UseFormRegister<Values>; errors: FieldErrors<Values> };

/** Those that are there are offered; any other name makes a new one. */
function ZoneName({ register, errors }: Part) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const listId = useId();
  const zones = useQuery(trpc.zone.list.queryOptions({ limit: zoneLimit }));
  return (
    <Field
      label={t("admin.policy.zone")}
      help={t("admin.policy.zoneHelp")}
      error={fieldText(t, errors.availabilityZone?.message)}
    >
      {(control) => (
        <>
          <Input {...control} {...register("availabilityZone")} list={listId} autoComplete="off" />
          <datalist id={listId}>
            {zones.data?.items.map(({ name }) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

function Overcommit({ register, errors }: Part) {
  const t: Translate = useTranslations();
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="text-table font-medium">{t("admin.policy.overcommit")}</legend>
      <p className="text-label text-muted">{t("admin.policy.overcommitHelp")}</p>
      <div className="mt-1 grid items-start gap-4 sm:grid-cols-3">
        {ratios.map((name) => (
          <Field key={name} label={t(`admin.policy.${name}`)} error={fieldText(t, errors[name]?.message)}>
            {(control) => (
              <Input
                {...control}
                {...register(name, { valueAsNumber: true })}
                type="number"
                step="0.1"
                inputMode="decimal"
                className="tabular-nums"
              />
            )}
          </Field>
        ))}
      </div>
    </fieldset>
  );
}

function Reserved({ register, errors }: Part) {
  const t: Translate = useTranslations();
  return (
    <Field
      label={t("admin.policy.reservedRamMib")}
      help={t("admin.policy.reservedHelp")}
      error={fieldText(t, errors.reservedRamMib?.message)}
    >
      {(control) => (
        <Input
          {...control}
          {...register("reservedRamMib", { valueAsNumber: true })}
          type="number"
          inputMode="numeric"
          className="max-w-40 tabular-nums"
        />
      )}
    </Field>
  );
}
