"use client";

import { propertyLimit } from "@madang/core/hypervisor/property";
import { Plus, X } from "lucide-react";
import { useTranslations } from "next-intl";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { Input } from "../ui/input.tsx";
import { emptyRow, type PropertyFault, type PropertyRow } from "./property-rows.ts";

type PropertiesFieldProps = {
  label: string;
  help: string;
  rows: PropertyRow[];
  fault: PropertyFault | null;
  onChange: (rows: PropertyRow[]) => void;
};

/** Names and values, one a line. */
export function PropertiesField({ label, help, rows, fault, onChange }: PropertiesFieldProps) {
  const t: Translate = useTranslations();
  const set = (key: number, change: Partial<PropertyRow>) =>
    onChange(rows.map((row) => (row.key === key ? { ...row, ...change } : row)));
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1.5 text-table font-medium">{label}</legend>
      {rows.map((row, index) => (
        <div key={row.key} className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)_auto] items-start gap-2">
          <Input
            value={row.name}
            aria-label={t("admin.properties.name", { place: index + 1 })}
            aria-invalid={(fault?.row === row.key && fault.field === "name") || undefined}
            placeholder="disk"
            autoComplete="off"
            spellCheck={false}
            className="font-mono text-table"
            onChange={(event) => set(row.key, { name: event.target.value })}
          />
          <Input
            value={row.value}
            aria-label={t("admin.properties.value", { place: index + 1 })}
            aria-invalid={(fault?.row === row.key && fault.field === "value") || undefined}
            placeholder="ssd"
            autoComplete="off"
            spellCheck={false}
            className="font-mono text-table"
            onChange={(event) => set(row.key, { value: event.target.value })}
          />
          <IconButton
            label={t("admin.properties.remove", { place: index + 1 })}
            onClick={() => onChange(rows.filter(({ key }) => key !== row.key))}
          >
            <X aria-hidden />
          </IconButton>
        </div>
      ))}
      <div>
        <Button
          size="small"
          disabled={rows.length >= propertyLimit}
          onClick={() => onChange([...rows, emptyRow()])}
        >
          <Plus aria-hidden />
          {t("admin.properties.add")}
        </Button>
      </div>
      {fault ? (
        <p role="alert" className="text-label text-danger">
          {fieldText(t, fault.reason)}
        </p>
      ) : (
        <p className="text-label text-muted">{help}</p>
      )}
    </fieldset>
  );
}
