"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import { displayName } from "@madang/core/instance/launch";
import { description } from "@madang/core/network/subnet-input";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { errorText, fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { placeFailure } from "../../lib/place-failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { QuotaArithmetic } from "../quota/quota-arithmetic.tsx";
import { QuotaBlock } from "../quota/quota-block.tsx";
import { useRoom } from "../quota/use-room.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { Toggle } from "../ui/toggle.tsx";
import { ExternalField, useExternalNetworks } from "./external-field.tsx";

const schema = z.object({
  name: displayName,
  description,
  /** "": none. undefined: the first, until somebody chooses. */
  externalNetworkId: z.string().optional(),
  snat: z.boolean(),
  subnetIds: z.array(z.string()),
});
type Values = z.infer<typeof schema>;
type NewRouterDialogProps = { projectId: string; onClose: () => void; onCreated: (id: string) => void };

const choiceLimit = 200;
const shownResources = ["routers", "ports"] as const;

export function NewRouterDialog({ projectId, onClose, onCreated }: NewRouterDialogProps) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [id, setId] = useState(uuidV7);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [first] = useExternalNetworks(projectId).data?.items ?? [];
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: { name: "", description: "", snat: true, subnetIds: [] },
  });
  const { errors } = form.formState;
  const maySnat = usePermission("router:snat", projectId);
  const [externalNetworkId = first?.id ?? "", subnetIds, snat] = form.watch([
    ...(["externalNetworkId", "subnetIds", "snat"] as const),
  ]);
  const wanted = { routers: 1, ports: subnetIds.length };
  const { lines, blocked } = useRoom(projectId, wanted);
  const create = useMutation(
    trpc.router.create.mutationOptions({
      onSuccess: () => {
        onClose();
        onCreated(id);
      },
      onError: (thrown) => {
        const refused = failureOf(thrown);
        if (refused.error.reason === "idInUse") setId(uuidV7());
        if (refused.error.field !== "name") return setFailure(refused);
        const message = errorText(t, refused.error);
        form.setError("name", { message, type: "server" }, { shouldFocus: true });
      },
      onSettled: () => {
        void queries.invalidateQueries({ queryKey: trpc.router.pathKey() });
        void queries.invalidateQueries({ queryKey: trpc.project.quota.pathKey() });
      },
    }),
  );
  const submit = form.handleSubmit((values) => {
    if (blocked) return;
    setFailure(null);
    create.mutate({ ...values, projectId, id, externalNetworkId: externalNetworkId || null });
  });
  const { at, rest } = placeFailure(t, failure, ["subnetIds", "externalNetworkId"]);
  const words = (of: "name" | "description") =>
    errors[of]?.type === "server" ? errors[of].message : fieldText(t, errors[of]?.message);
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("routers.createTitle")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" blocked={blocked} disabled={create.isPending} onClick={submit}>
            {t("routers.createVerb")}
          </Button>
        </>
      }
    >
      <form noValidate className="flex flex-col gap-4" onSubmit={submit}>
        {rest ? <FailureNotice failure={rest} /> : null}
        <Field label={t("routers.name")} error={words("name")}>
          {(control) => (
            <Input {...control} {...form.register("name")} autoComplete="off" spellCheck={false} />
          )}
        </Field>
        <Field label={t("routers.description")} optional={t("common.optional")} error={words("description")}>
          {(control) => <Input {...control} {...form.register("description")} autoComplete="off" />}
        </Field>
        <ExternalField
          projectId={projectId}
          label={t("routers.external")}
          help={t("routers.externalHelp")}
          error={at("externalNetworkId")}
          none={t("routers.noGateway")}
          select={{
            value: externalNetworkId,
            onChange: (event) => form.setValue("externalNetworkId", event.target.value),
          }}
        />
        <Toggle
          label={t("routers.snatLabel")}
          help={t(maySnat ? "routers.snatHelp" : "errors.snatForManagers")}
          disabled={!maySnat}
          checked={snat}
          onChange={(on) => form.setValue("snat", on)}
        />
        <SubnetChoice
          projectId={projectId}
          chosen={subnetIds}
          error={at("subnetIds")}
          onChange={(chosen) => form.setValue("subnetIds", chosen)}
        />
        <QuotaArithmetic lines={lines} wanted={wanted} shown={shownResources} />
        <QuotaBlock projectId={projectId} lines={lines} wanted={wanted} />
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}

type SubnetChoiceProps = {
  projectId: string;
  chosen: string[];
  error: string | undefined;
  onChange: (chosen: string[]) => void;
};

function SubnetChoice({ projectId, chosen, error, onChange }: SubnetChoiceProps) {
  const t = useTranslations("routers");
  const trpc = useTRPC();
  const subnets = useQuery(trpc.subnet.list.queryOptions({ projectId, limit: choiceLimit }));
  const own = subnets.data?.items.filter((subnet) => subnet.projectId === projectId) ?? [];
  const toggle = (id: string) =>
    onChange(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1.5 text-table font-medium">{t("subnets")}</legend>
      <p className="text-label text-muted">
        {subnets.isSuccess && own.length === 0 ? t("noSubnets") : t("subnetsHelp")}
      </p>
      {error ? (
        <p role="alert" className="text-label text-danger">
          {error}
        </p>
      ) : null}
      <ul className="flex max-h-56 flex-col overflow-y-auto">
        {own.map(({ id, name, cidr, networkName, gateway }) => (
          <li key={id}>
            <label className="flex min-h-9 cursor-pointer items-center gap-2.5 text-table has-disabled:cursor-not-allowed has-disabled:text-muted">
              <input
                type="checkbox"
                className="size-4 accent-accent"
                checked={chosen.includes(id)}
                disabled={gateway === null}
                onChange={() => toggle(id)}
              />
              <span className="min-w-0 break-words">{`${networkName} / ${name}`}</span>
              <code className="font-mono text-label whitespace-nowrap text-muted">{cidr}</code>
              {gateway === null ? (
                <span className="text-label text-muted">{t("subnetWithoutGateway")}</span>
              ) : null}
            </label>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}
