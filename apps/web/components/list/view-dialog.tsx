"use client";

import { Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import { Button, IconButton } from "../ui/button.tsx";
import { CopyButton } from "../ui/copyable.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { mostViews, type SavedView, viewName, withoutView, withView } from "./saved-views.ts";

type ViewDialogProps = {
  views: readonly SavedView[];
  /** Of what is shown now. */
  query: string;
  onViews: (views: readonly SavedView[]) => void;
  onClose: () => void;
};

/** Gives the present view a name, hands out its address, and takes names away. */
export function ViewDialog({ views, query, onViews, onClose }: ViewDialogProps) {
  const t = useTranslations("lists.views");
  const tCommon = useTranslations("common");
  const formId = useId();
  const [name, setName] = useState("");
  const [fault, setFault] = useState<string>();
  const address = `${location.origin}${location.pathname}?${query}`;
  const full = views.length >= mostViews && !views.some((one) => one.name === name.trim());
  const save = () => {
    const parsed = viewName.safeParse(name);
    if (!parsed.success) return setFault(t("nameFault"));
    onViews(withView(views, { name: parsed.data, query }));
    onClose();
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("title")}
      about={t("about")}
      footer={
        <>
          <Button onClick={onClose}>{tCommon("cancel")}</Button>
          <Button tone="primary" type="submit" form={formId} blocked={full ? t("full") : null}>
            {t("save")}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <Field label={t("name")} error={fault}>
          {(control) => (
            <Input
              {...control}
              value={name}
              maxLength={60}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label={t("address")} help={t("addressHelp")}>
          {(control) => (
            <span className="flex items-center gap-1">
              <Input {...control} readOnly value={address} onFocus={(event) => event.target.select()} />
              <CopyButton text={address} label={t("copy")} />
            </span>
          )}
        </Field>
      </form>
      {views.length > 0 ? (
        <ul aria-label={t("saved")} className="mt-4 divide-y border-y">
          {views.map((view) => (
            <li key={view.name} className="flex items-center justify-between gap-2 py-1 text-table">
              <span className="min-w-0 break-words">{view.name}</span>
              <IconButton
                size="iconSmall"
                label={t("delete", { name: view.name })}
                onClick={() => onViews(withoutView(views, view.name))}
              >
                <Trash2 aria-hidden />
              </IconButton>
            </li>
          ))}
        </ul>
      ) : null}
    </Dialog>
  );
}
