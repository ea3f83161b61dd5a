"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { FlavorRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { PropertiesField } from "./properties-field.tsx";
import { emptyRow, type PropertyFault, propertiesFrom, rowsOf } from "./property-rows.ts";

/** What a hypervisor must have to take a flavor, for launches from now on. */
export function FlavorRequired({ flavor, onClose }: { flavor: FlavorRow; onClose: () => void }) {
  const t = useTranslations("admin.flavors");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [rows, setRows] = useState(() => {
    const kept = rowsOf(flavor.requiredProperties);
    return kept.length > 0 ? kept : [emptyRow()];
  });
  const [fault, setFault] = useState<PropertyFault | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const update = useMutation(
    trpc.admin.flavor.update.mutationOptions({
      onSuccess: () => {
        void queries.invalidateQueries({ queryKey: trpc.admin.flavor.pathKey() });
        void queries.invalidateQueries({ queryKey: trpc.flavor.pathKey() });
        onClose();
      },
      onError: (thrown) => setFailure(failureOf(thrown)),
    }),
  );
  const save = () => {
    const said = propertiesFrom(rows);
    setFault("fault" in said ? said.fault : null);
    setFailure(null);
    if (!("fault" in said)) update.mutate({ id: flavor.id, requiredProperties: said.all });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("requiredTitle", { name: flavor.name })}
      about={t("requiredAbout")}
      footer={
        <>
          <Button onClick={onClose}>{tCommon("cancel")}</Button>
          <Button tone="primary" disabled={update.isPending} onClick={save}>
            {t("save")}
          </Button>
        </>
      }
    >
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        <PropertiesField
          label={t("required")}
          help={t("requiredHelp")}
          rows={rows}
          fault={fault}
          onChange={setRows}
        />
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}
