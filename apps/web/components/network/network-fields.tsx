"use client";

import { displayName } from "@madang/core/instance/launch";
import { mtuOf } from "@madang/core/network/mtu";
import { description, mtu } from "@madang/core/network/subnet-input";
import { useTranslations } from "next-intl";
import { z } from "zod";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import type { NetworkRow } from "../../lib/rows.ts";
import { Field } from "../ui/field.tsx";
import { Fold } from "../ui/fold.tsx";
import { Input } from "../ui/input.tsx";

/** As it is typed; `mtu` "": the most that its frames carry. */
export type NetworkForm = { name: string; description: string; mtu: string };
export type NetworkFaults = Partial<Record<keyof NetworkForm, string | undefined>>;

export const emptyNetwork: NetworkForm = { name: "", description: "", mtu: "" };

const shape = z.object({
  name: displayName,
  description,
  mtu: z
    .string()
    .transform((text) => (text.trim() === "" ? null : Number(text)))
    .pipe(mtu.nullable()),
});
export type NetworkAsked = z.infer<typeof shape>;

export function readNetworkForm(
  t: Translate,
  values: NetworkForm,
): { asked: NetworkAsked | null; faults: NetworkFaults } {
  const { data, error } = shape.safeParse(values);
  const faults = (error?.issues ?? []).map(({ path, message }) => [String(path[0]), fieldText(t, message)]);
  return { asked: data ?? null, faults: Object.fromEntries(faults) };
}

type NetworkFieldsProps = {
  values: NetworkForm;
  faults: NetworkFaults;
  onChange: (values: NetworkForm) => void;
};

export function NetworkFields({ values, faults, onChange }: NetworkFieldsProps) {
  const t = useTranslations();
  return (
    <>
      <Field label={t("fields.name")} error={faults.name}>
        {(control) => (
          <Input
            {...control}
            value={values.name}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => onChange({ ...values, name: event.target.value })}
          />
        )}
      </Field>
      <Field label={t("networks.description")} optional={t("common.optional")} error={faults.description}>
        {(control) => (
          <Input
            {...control}
            value={values.description}
            autoComplete="off"
            onChange={(event) => onChange({ ...values, description: event.target.value })}
          />
        )}
      </Field>
    </>
  );
}

/** Folded: few know better than the cloud how large frames may be. */
export function MtuField({
  values,
  faults,
  type,
  onChange,
}: NetworkFieldsProps & { type: NetworkRow["type"] }) {
  const t = useTranslations();
  const most = mtuOf(type);
  const usual = values.mtu.trim() === "" || values.mtu.trim() === String(most);
  return (
    <Fold
      title={t("networks.advanced")}
      note={usual ? t("networks.mtuUsual") : t("networks.mtuSet", { mtu: values.mtu })}
      startsOpen={!usual}
      faulty={faults.mtu !== undefined}
    >
      <Field
        label={t("networks.columns.mtu")}
        optional={t("common.optional")}
        help={t("networks.mtuHelp", { most })}
        error={faults.mtu}
      >
        {(control) => (
          <Input
            {...control}
            inputMode="numeric"
            value={values.mtu}
            placeholder={String(most)}
            autoComplete="off"
            className="w-32 tabular-nums"
            onChange={(event) => onChange({ ...values, mtu: event.target.value })}
          />
        )}
      </Field>
    </Fold>
  );
}
