"use client";

import { displayName } from "@madang/core/instance/launch";
import type { SubnetFault } from "@madang/core/network/subnet";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import { errorText, fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { SubnetRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { useRoom } from "../quota/use-room.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { useFocusFault } from "../ui/use-focus-fault.ts";
import { SubnetFields } from "./subnet-fields.tsx";
import { asksFor, emptySubnet, formOf, freeRange, readSubnet } from "./subnet-form.ts";

/** `projectId` null: of the cloud's own network. */
type SubnetDialogProps = {
  projectId: string | null;
  network: { id: string; name: string; subnets: readonly { cidr: string }[] };
  /** null: a new one */
  subnet: SubnetRow | null;
  onClose: () => void;
};

const oneSubnet = { subnets: 1 };

export function SubnetDialog({ projectId, network, subnet, onClose }: SubnetDialogProps) {
  const t: Translate = useTranslations();
  const formId = useId();
  const [values, setValues] = useState(() =>
    subnet ? formOf(subnet) : { ...emptySubnet, cidr: freeRange(network.subnets.map(({ cidr }) => cidr)) },
  );
  const [nameFault, setNameFault] = useState<string>();
  const [refused, setRefused] = useState<SubnetFault | null>(null);
  const form = useFocusFault(nameFault, refused);
  const { save, pending, failure } = useSave({
    projectId,
    network,
    subnet,
    onClose,
    setRefused,
    setNameFault,
  });
  const kind = subnet ? "edit" : "add";
  const submit = () => {
    const name = displayName.safeParse(values.name);
    const read = readSubnet(values);
    setNameFault(fieldText(t, name.error?.issues[0]?.message));
    setRefused(asksFor(read) ? null : read);
    if (!name.success || !asksFor(read)) return;
    save({ ...read, hostRoutes: [...read.hostRoutes], name: name.data });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t(`networks.subnetDialog.${kind}Title`, { name: subnet?.name ?? network.name })}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <SaveButton projectId={subnet ? null : projectId} formId={formId} pending={pending} kind={kind} />
        </>
      }
    >
      <form
        ref={form}
        id={formId}
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        <Field label={t("fields.name")} error={nameFault}>
          {(control) => (
            <Input
              {...control}
              value={values.name}
              autoComplete="off"
              onChange={(event) => setValues({ ...values, name: event.target.value })}
            />
          )}
        </Field>
        <SubnetFields
          values={values}
          refused={refused}
          rangeFixed={subnet !== null}
          onChange={(next) => {
            setRefused(null);
            setValues(next);
          }}
        />
      </form>
    </Dialog>
  );
}

type SaveButtonProps = { projectId: string | null; formId: string; pending: boolean; kind: "add" | "edit" };

/** A new one of a project counts against its quota. */
function SaveButton(props: SaveButtonProps) {
  const { projectId, ...rest } = props;
  return projectId === null ? (
    <Save {...rest} blocked={null} />
  ) : (
    <CountedSave {...rest} projectId={projectId} />
  );
}

function CountedSave({ projectId, ...rest }: Omit<SaveButtonProps, "projectId"> & { projectId: string }) {
  const { blocked } = useRoom(projectId, oneSubnet);
  return <Save {...rest} blocked={blocked} />;
}

function Save({
  formId,
  pending,
  kind,
  blocked,
}: Omit<SaveButtonProps, "projectId"> & { blocked: string | null }) {
  const t = useTranslations("networks.subnetDialog");
  return (
    <Button tone="primary" type="submit" form={formId} blocked={blocked} disabled={pending}>
      {t(`${kind}Verb`)}
    </Button>
  );
}

type UseSave = SubnetDialogProps & {
  setRefused: (fault: SubnetFault | null) => void;
  setNameFault: (fault: string) => void;
};

function useSave({ projectId, network, subnet, onClose, setRefused, setNameFault }: UseSave) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [id, setId] = useState(uuidV7);
  const [failure, setFailure] = useState<Failure | null>(null);
  const done = {
    onSuccess: onClose,
    onError: (thrown: unknown) => {
      const refused = failureOf(thrown);
      const { reason, field = "", params = {} } = refused.error;
      if (reason === "idInUse") setId(uuidV7());
      if (field === "name") return setNameFault(errorText(t, refused.error));
      const [at = ""] = field.split(".");
      if (!["cidr", "gateway", "pools", "dnsServers", "hostRoutes"].includes(at)) return setFailure(refused);
      const words = Object.entries(params).map(([key, value]) => [key, String(value)] as const);
      setRefused({ reason, field: at, params: Object.fromEntries(words) });
    },
    onSettled: () => {
      for (const key of [
        trpc.network.pathKey(),
        trpc.subnet.pathKey(),
        trpc.port.pathKey(),
        trpc.project.quota.pathKey(),
        trpc.admin.network.pathKey(),
      ])
        void queries.invalidateQueries({ queryKey: key });
    },
  };
  const verbs = {
    create: useMutation(trpc.subnet.create.mutationOptions(done)),
    update: useMutation(trpc.subnet.update.mutationOptions(done)),
    createOfCloud: useMutation(trpc.admin.network.createSubnet.mutationOptions(done)),
    updateOfCloud: useMutation(trpc.admin.network.updateSubnet.mutationOptions(done)),
  };
  const save = ({
    cidr,
    ...rest
  }: Parameters<typeof verbs.create.mutate>[0] extends infer Asked
    ? Omit<Asked, "id" | "projectId" | "networkId">
    : never) => {
    setFailure(null);
    if (subnet && projectId !== null) verbs.update.mutate({ projectId, id: subnet.id, ...rest });
    else if (subnet) verbs.updateOfCloud.mutate({ id: subnet.id, ...rest });
    else if (projectId !== null) verbs.create.mutate({ projectId, id, networkId: network.id, cidr, ...rest });
    else verbs.createOfCloud.mutate({ id, networkId: network.id, cidr, ...rest });
  };
  const pending = Object.values(verbs).some(({ isPending }) => isPending);
  return { save, pending, failure };
}
