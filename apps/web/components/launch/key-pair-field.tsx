"use client";

import { KeyRound, Upload } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useFormContext } from "react-hook-form";
import type { KeyPairRow } from "../../lib/rows.ts";
import { GenerateDialog } from "../key-pair/generate-dialog.tsx";
import { ImportDialog } from "../key-pair/import-dialog.tsx";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Select } from "../ui/input.tsx";
import type { LaunchForm } from "./form-schema.ts";

/** A key pair one has, or a new one made without leaving the form; the new one is chosen at once. */
export function KeyPairField({ projectId, keyPairs }: { projectId: string; keyPairs: KeyPairRow[] }) {
  const t = useTranslations("launch");
  const tKeys = useTranslations("keyPairs");
  const { watch, setValue } = useFormContext<LaunchForm>();
  const [dialog, setDialog] = useState<"import" | "generate" | null>(null);
  const [added, setAdded] = useState<KeyPairRow[]>([]);
  const known = new Map([...keyPairs, ...added].map((keyPair) => [keyPair.id, keyPair]));
  const onMade = (keyPair: KeyPairRow) => {
    setAdded((before) => [...before, keyPair]);
    setValue("keyPairId", keyPair.id, { shouldDirty: true });
  };
  const chosen = watch("keyPairId");
  return (
    <>
      <div className="flex flex-wrap items-end gap-2">
        <Field label={t("keyPair")} help={t("keyPairHelp")} className="min-w-56 flex-1">
          {(control) => (
            <Select
              {...control}
              value={chosen}
              onChange={(event) => setValue("keyPairId", event.target.value, { shouldDirty: true })}
            >
              <option value="">{t("noKeyPair")}</option>
              {[...known.values()].map((keyPair) => (
                <option key={keyPair.id} value={keyPair.id}>{`${keyPair.name} (${keyPair.type})`}</option>
              ))}
            </Select>
          )}
        </Field>
        <div className="mb-6 flex gap-2 max-sm:mb-0">
          <Button onClick={() => setDialog("import")}>
            <Upload aria-hidden />
            {tKeys("import")}
          </Button>
          <Button onClick={() => setDialog("generate")}>
            <KeyRound aria-hidden />
            {tKeys("generate")}
          </Button>
        </div>
      </div>
      {dialog === "import" ? (
        <ImportDialog projectId={projectId} onClose={() => setDialog(null)} onMade={onMade} />
      ) : null}
      {dialog === "generate" ? (
        <GenerateDialog projectId={projectId} onClose={() => setDialog(null)} onMade={onMade} />
      ) : null}
    </>
  );
}
