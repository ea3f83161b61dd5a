"use client";

import { displayName } from "@madang/core/instance/launch";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { errorText, fieldText, type Translate } from "../../lib/error-text.ts";
import { failureOf } from "../../lib/failure.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import type { ActionTarget } from "./actions.tsx";

type RenameDialogProps = {
  target: ActionTarget | null;
  onClose: () => void;
  onRename: (target: ActionTarget, name: string) => Promise<void>;
};

export function RenameDialog({ target, onClose, onRename }: RenameDialogProps) {
  return target ? <RenameForm key={target.id} target={target} onClose={onClose} onRename={onRename} /> : null;
}

function RenameForm({ target, onClose, onRename }: RenameDialogProps & { target: ActionTarget }) {
  const t: Translate = useTranslations();
  const [name, setName] = useState(target.name);
  const [fault, setFault] = useState<string>();
  const [pending, setPending] = useState(false);
  const save = async () => {
    const parsed = displayName.safeParse(name);
    if (!parsed.success) return setFault(fieldText(t, parsed.error.issues[0]?.message));
    setPending(true);
    try {
      await onRename(target, parsed.data);
    } catch (thrown) {
      setFault(errorText(t, failureOf(thrown).error));
      setPending(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("confirm.rename.title")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" disabled={pending} onClick={save}>
            {t("actions.rename")}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field label={t("fields.name")} error={fault} help={t("confirm.rename.help")}>
          {(control) => (
            <Input
              {...control}
              value={name}
              onChange={(event) => {
                setName(event.target.value);
                setFault(undefined);
              }}
            />
          )}
        </Field>
      </form>
    </Dialog>
  );
}
