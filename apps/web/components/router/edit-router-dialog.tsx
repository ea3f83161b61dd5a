"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { displayName } from "@madang/core/instance/launch";
import { description } from "@madang/core/network/subnet-input";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { RouterDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { Toggle } from "../ui/toggle.tsx";

const schema = z.object({ name: displayName, description, snat: z.boolean() });
type Values = z.infer<typeof schema>;

export function EditRouterDialog({ router, onClose }: { router: RouterDetail; onClose: () => void }) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [failure, setFailure] = useState<Failure | null>(null);
  const { projectId, id, name, description: about, snat } = router;
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: { name, description: about, snat },
  });
  const { errors } = form.formState;
  const maySnat = usePermission("router:snat", projectId);
  const update = useMutation(
    trpc.router.update.mutationOptions({
      onSuccess: onClose,
      onError: (thrown) => setFailure(failureOf(thrown)),
      onSettled: () => void queries.invalidateQueries({ queryKey: trpc.router.pathKey() }),
    }),
  );
  const submit = form.handleSubmit((values) => {
    setFailure(null);
    update.mutate({ projectId, id, ...values });
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("routers.editTitle", { name })}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" disabled={update.isPending} onClick={submit}>
            {t("routers.editVerb")}
          </Button>
        </>
      }
    >
      <form noValidate className="flex flex-col gap-4" onSubmit={submit}>
        {failure ? <FailureNotice failure={failure} /> : null}
        <Field label={t("routers.name")} error={fieldText(t, errors.name?.message)}>
          {(control) => (
            <Input {...control} {...form.register("name")} autoComplete="off" spellCheck={false} />
          )}
        </Field>
        <Field
          label={t("routers.description")}
          optional={t("common.optional")}
          error={fieldText(t, errors.description?.message)}
        >
          {(control) => <Input {...control} {...form.register("description")} autoComplete="off" />}
        </Field>
        <Toggle
          label={t("routers.snatLabel")}
          help={t(maySnat ? "routers.snatHelp" : "errors.snatForManagers")}
          disabled={!maySnat}
          checked={form.watch("snat")}
          onChange={(on) => form.setValue("snat", on)}
        />
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}
