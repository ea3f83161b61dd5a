"use client";

import { type PresetName, securityPresets } from "@madang/core/network/security-preset";
import { useQuery } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { useTranslations } from "next-intl";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { cn } from "../ui/class-names.ts";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";
import { Segments } from "../ui/segments.tsx";
import {
  type FormFaults,
  type FormRule,
  portsMeaning,
  protocolChoices,
  type RuleForm,
  remoteChoices,
} from "./rule-form.ts";
import { ruleWords } from "./rule-words.ts";

type FieldsProps = {
  form: RuleForm;
  faults: FormFaults;
  onChange: (fields: Partial<RuleForm>) => void;
};

const families = ["IPv4", "IPv6", "both"] as const;
const groupLimit = 500;

/** What is opened most often, several at once; with none of them chosen the fields below say what. */
export function PresetChips({ form, onChange }: FieldsProps) {
  const t = useTranslations("securityGroups");
  const toggle = (name: PresetName) =>
    onChange({
      presets: form.presets.includes(name)
        ? form.presets.filter((one) => one !== name)
        : [...form.presets, name],
    });
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1.5 text-table font-medium">{t("what")}</legend>
      <div className="flex flex-wrap gap-1.5">
        {securityPresets.map(({ name, word }) => (
          <Chip key={name} pressed={form.presets.includes(name)} onPress={() => toggle(name)}>
            {word}
          </Chip>
        ))}
        <Chip pressed={form.presets.length === 0} onPress={() => onChange({ presets: [] })}>
          {t("custom")}
        </Chip>
      </div>
      <p className="text-label text-muted">{t("presetsHelp")}</p>
    </fieldset>
  );
}

type ChipProps = { pressed: boolean; onPress: () => void; children: string };

function Chip({ pressed, onPress, children }: ChipProps) {
  return (
    <button
      type="button"
      aria-pressed={pressed}
      onClick={onPress}
      className={cn(
        "inline-flex h-8 items-center gap-1.5 rounded-full border px-3 text-table transition-colors duration-150 pointer-coarse:h-9",
        pressed
          ? "border-accent bg-accent-soft font-medium text-text"
          : "border-line-strong/60 bg-surface text-muted hover:text-text",
      )}
    >
      {pressed ? <Check aria-hidden className="size-3.5" /> : null}
      {children}
    </button>
  );
}

export function CustomFields({ form, faults, onChange }: FieldsProps) {
  const t: Translate = useTranslations();
  const meaning = portsMeaning(form);
  return (
    <div className="grid items-start gap-4 sm:grid-cols-2">
      <Field label={t("securityGroups.protocol")}>
        {(control) => (
          <Select
            {...control}
            value={form.protocol}
            onChange={(event) => {
              const protocol = protocolChoices.find((one) => one === event.target.value) ?? "tcp";
              onChange({ protocol, ports: "" });
            }}
          >
            {protocolChoices.map((choice) => (
              <option key={choice} value={choice}>
                {choice === "any" || choice === "other"
                  ? t(`securityGroups.protocols.${choice}`)
                  : choice.toUpperCase()}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {form.protocol === "other" ? (
        <Field
          label={t("securityGroups.otherProtocol")}
          help={t("securityGroups.otherProtocolHelp")}
          error={fieldText(t, faults.otherProtocol)}
        >
          {(control) => (
            <Input
              {...control}
              value={form.otherProtocol}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => onChange({ otherProtocol: event.target.value })}
            />
          )}
        </Field>
      ) : null}
      {meaning ? (
        <Field
          label={t(`securityGroups.portsField.${meaning}`)}
          optional={t("common.optional")}
          help={t(`securityGroups.portsHelp.${meaning}`)}
          error={fieldText(t, faults.ports)}
        >
          {(control) => (
            <Input
              {...control}
              value={form.ports}
              autoComplete="off"
              spellCheck={false}
              className="font-mono"
              placeholder={meaning === "icmp" ? "8" : "8000-8080"}
              onChange={(event) => onChange({ ports: event.target.value })}
            />
          )}
        </Field>
      ) : null}
    </div>
  );
}

export function RemoteFields({ form, faults, onChange, projectId }: FieldsProps & { projectId: string }) {
  const t: Translate = useTranslations();
  const groups = useGroupNames(projectId);
  return (
    <div className="flex flex-col gap-2">
      <p className="text-table font-medium">{t(`securityGroups.whom.${form.direction}`)}</p>
      <Segments
        label={t(`securityGroups.whom.${form.direction}`)}
        value={form.remote}
        onChange={(value) =>
          onChange({ remote: remoteChoices.find((choice) => choice === value) ?? "anybody" })
        }
        options={remoteChoices.map((value) => ({ value, label: t(`securityGroups.remotes.${value}`) }))}
      />
      {form.remote === "range" ? (
        <Field
          label={t("securityGroups.range")}
          help={t("securityGroups.rangeHelp")}
          error={fieldText(t, faults.range)}
        >
          {(control) => (
            <Input
              {...control}
              value={form.range}
              autoComplete="off"
              spellCheck={false}
              className="font-mono"
              placeholder="203.0.113.0/24"
              onChange={(event) => onChange({ range: event.target.value })}
            />
          )}
        </Field>
      ) : null}
      {form.remote === "group" ? (
        <Field
          label={t("securityGroups.group")}
          help={t("securityGroups.groupHelp")}
          error={fieldText(t, faults.groupId)}
        >
          {(control) => (
            <Select
              {...control}
              value={form.groupId}
              onChange={(event) => onChange({ groupId: event.target.value })}
            >
              <option value="">{t("securityGroups.chooseGroup")}</option>
              {groups.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
      ) : null}
    </div>
  );
}

export function SharedFields({ form, faults, onChange }: FieldsProps) {
  const t: Translate = useTranslations();
  return (
    <div className="grid items-start gap-4 sm:grid-cols-2">
      {form.remote === "range" ? null : (
        <div className="flex flex-col gap-1.5">
          <p className="text-table font-medium">{t("securityGroups.family")}</p>
          <Segments
            label={t("securityGroups.family")}
            value={form.families}
            onChange={(value) => onChange({ families: families.find((one) => one === value) ?? "IPv4" })}
            options={families.map((value) => ({
              value,
              label: value === "both" ? t("securityGroups.bothFamilies") : value,
            }))}
          />
        </div>
      )}
      <Field
        label={t("securityGroups.description")}
        optional={t("common.optional")}
        error={fieldText(t, faults.description)}
      >
        {(control) => (
          <Input
            {...control}
            value={form.description}
            autoComplete="off"
            onChange={(event) => onChange({ description: event.target.value })}
          />
        )}
      </Field>
    </div>
  );
}

/** What would be allowed, in words, while it is being written. */
export function RulePreview({ projectId, rules }: { projectId: string; rules: readonly FormRule[] }) {
  const t: Translate = useTranslations();
  const groups = useGroupNames(projectId);
  const nameOf = (id: string | null) => groups.find((group) => group.id === id)?.name ?? null;
  return (
    <div
      role="status"
      aria-label={t("securityGroups.preview")}
      className="rounded-surface border bg-sunken px-3 py-2 text-table dark:bg-surface"
    >
      <p className="text-label text-muted">{t("securityGroups.preview")}</p>
      {rules.length === 0 ? <p className="text-muted">{t("securityGroups.previewNothing")}</p> : null}
      <ul className="flex flex-col">
        {rules.map((rule) => (
          <li key={JSON.stringify(rule)} className="font-medium break-words">
            {ruleWords(t, { ...rule, remoteGroupName: nameOf(rule.remoteGroupId) })}
          </li>
        ))}
      </ul>
    </div>
  );
}

function useGroupNames(projectId: string) {
  const trpc = useTRPC();
  const groups = useQuery(
    trpc.securityGroup.list.queryOptions({ projectId, sort: "name", limit: groupLimit }),
  );
  return groups.data?.items ?? [];
}
