"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { staticRoutes } from "@madang/core/network/router";
import { useMutation } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { useFieldArray, useForm } from "react-hook-form";
import { z } from "zod";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { placeFailure } from "../../lib/place-failure.ts";
import type { RouterDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { useRouterChange } from "./use-router-change.ts";

const schema = z.object({ routes: staticRoutes });
type Values = z.infer<typeof schema>;

const destinationOf = (index: number) => `routes.${index}.destination` as const;
const nextHopOf = (index: number) => `routes.${index}.nextHop` as const;

/** All of a router's static routes at once, as they are stored. */
export function RoutesDialog({ router, onClose }: { router: RouterDetail; onClose: () => void }) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const { projectId, id, name } = router;
  const { failure, options } = useRouterChange(onClose);
  const set = useMutation(trpc.router.setRoutes.mutationOptions(options));
  const empty = { destination: "", nextHop: "" };
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: { routes: router.routes.length > 0 ? router.routes : [empty] },
  });
  const { fields, append, remove } = useFieldArray({ control: form.control, name: "routes" });
  const { errors } = form.formState;
  const { at, rest } = placeFailure(
    t,
    failure,
    fields.flatMap((_, index) => [destinationOf(index), nextHopOf(index)]),
  );
  const submit = form.handleSubmit(({ routes }) => set.mutate({ projectId, id, routes }));
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("routers.routesTitle", { name })}
      about={t("routers.routesAbout")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" disabled={set.isPending} onClick={submit}>
            {t("routers.saveRoutes")}
          </Button>
        </>
      }
    >
      <form noValidate className="flex flex-col gap-4" onSubmit={submit}>
        {rest ? <FailureNotice failure={rest} /> : null}
        {fields.map((field, index) => (
          <fieldset key={field.id} className="flex items-start gap-2">
            <legend className="sr-only">{t("routers.routeNumber", { number: index + 1 })}</legend>
            <div className="flex min-w-0 flex-1 flex-col gap-2 sm:flex-row">
              <Field
                label={t("routers.destination")}
                error={fieldText(t, errors.routes?.[index]?.destination?.message) ?? at(destinationOf(index))}
                className="min-w-0 sm:flex-1"
              >
                {(control) => (
                  <Input
                    {...control}
                    {...form.register(destinationOf(index))}
                    placeholder="192.168.0.0/16"
                    autoComplete="off"
                    spellCheck={false}
                    className="font-mono"
                  />
                )}
              </Field>
              <Field
                label={t("routers.nextHop")}
                error={fieldText(t, errors.routes?.[index]?.nextHop?.message) ?? at(nextHopOf(index))}
                className="min-w-0 sm:flex-1"
              >
                {(control) => (
                  <Input
                    {...control}
                    {...form.register(nextHopOf(index))}
                    placeholder="10.0.0.9"
                    autoComplete="off"
                    spellCheck={false}
                    className="font-mono"
                  />
                )}
              </Field>
            </div>
            <IconButton
              tone="quiet"
              className="mt-6"
              label={t("routers.removeRoute", { number: index + 1 })}
              onClick={() => remove(index)}
            >
              <Trash2 aria-hidden />
            </IconButton>
          </fieldset>
        ))}
        <div>
          <Button onClick={() => append(empty)}>
            <Plus aria-hidden />
            {t("routers.addRoute")}
          </Button>
        </div>
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}
