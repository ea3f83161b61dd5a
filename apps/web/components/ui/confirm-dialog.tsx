"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Field } from "./field.tsx";
import { Input } from "./input.tsx";

type ConfirmDialogProps = {
  open: boolean;
  onClose: () => void;
  title: string;
  about: ReactNode;
  verb: string;
  danger?: boolean;
  pending?: boolean;
  /** What must be typed before the button works, where data dies. */
  typed?: { expected: string; label: string } | null;
  onConfirm: () => void;
  children?: ReactNode;
};

/** The title asks, the body says what happens, the buttons are verbs; the first focus is on the way out. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const t = useTranslations("common");
  const [typed, setTyped] = useState("");
  const wanting = props.typed && typed !== props.typed.expected ? t("typeToConfirm") : null;
  const close = () => {
    setTyped("");
    props.onClose();
  };
  const confirm = () => {
    setTyped("");
    props.onConfirm();
  };
  return (
    <Dialog
      open={props.open}
      onOpenChange={(open) => (open ? undefined : close())}
      title={props.title}
      about={props.about}
      footer={
        <>
          <Button onClick={close}>{t("cancel")}</Button>
          <Button
            tone={props.danger ? "danger" : "primary"}
            blocked={wanting}
            disabled={props.pending}
            onClick={confirm}
          >
            {props.verb}
          </Button>
        </>
      }
    >
      {props.children}
      {props.typed ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (!wanting && !props.pending) confirm();
          }}
        >
          <Field label={props.typed.label}>
            {(control) => (
              <Input
                {...control}
                value={typed}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => setTyped(event.target.value)}
              />
            )}
          </Field>
        </form>
      ) : null}
    </Dialog>
  );
}
