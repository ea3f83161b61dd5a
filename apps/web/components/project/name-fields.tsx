"use client";

import { useTranslations } from "next-intl";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";

const descriptionLimit = 255;

export type Named = { name: string; description: string };
type NameFieldsProps = {
  named: Named;
  onChange: (typed: Partial<Named>) => void;
  /** A key of `validation`. */
  fault: string | undefined;
  /** The words for a name that the server refused. */
  refused?: string | undefined;
};

/** What a project or a quota template is called, and what it is for. */
export function NameFields({ named, onChange, fault, refused }: NameFieldsProps) {
  const t: Translate = useTranslations();
  return (
    <>
      <Field label={t("fields.name")} error={fieldText(t, fault) ?? refused}>
        {(control) => (
          <Input
            {...control}
            value={named.name}
            autoComplete="off"
            onChange={(event) => onChange({ name: event.target.value })}
          />
        )}
      </Field>
      <Field label={t("admin.projects.description")} optional={t("common.optional")}>
        {(control) => (
          <Input
            {...control}
            value={named.description}
            maxLength={descriptionLimit}
            autoComplete="off"
            onChange={(event) => onChange({ description: event.target.value })}
          />
        )}
      </Field>
    </>
  );
}
