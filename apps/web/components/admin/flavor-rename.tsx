"use client";

import { displayName } from "@madang/core/instance/launch";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { errorText, fieldText, type Translate } from "../../lib/error-text.ts";
import { failureOf } from "../../lib/failure.ts";
import type { FlavorRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";

export function FlavorRename({ flavor, onClose }: { flavor: FlavorRow; onClose: () => void }) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [name, setName] = useState(flavor.name);
  const [fault, setFault] = useState<string>();
  const update = useMutation(
    trpc.admin.flavor.update.mutationOptions({
      onSuccess: () => {
        void queries.invalidateQueries({ queryKey: trpc.admin.flavor.pathKey() });
        onClose();
      },
      onError: (thrown) => setFault(errorText(t, failureOf(thrown).error)),
    }),
  );
  const save = () => {
    const parsed = displayName.safeParse(name);
    if (!parsed.success) return setFault(fieldText(t, parsed.error.issues[0]?.message));
    update.mutate({ id: flavor.id, name: parsed.data });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("admin.flavors.renameTitle")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" disabled={update.isPending} onClick={save}>
            {t("admin.flavors.rename")}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <Field label={t("fields.name")} error={fault}>
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
