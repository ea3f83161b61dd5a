"use client";

import { ipv4 } from "@madang/core/network/cidr";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import { errorText, fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { GroupChoice } from "../port/group-choice.tsx";
import { portName } from "../port/port-user.tsx";
import { useRoom } from "../quota/use-room.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";
import { Segments } from "../ui/segments.tsx";

/** The API's largest page: more than this is not offered in one form. */
const choiceLimit = 500;
const onePort = { ports: 1 };
const nothing = {};

type AttachDialogProps = { projectId: string; instanceId: string; onClose: () => void };
type Values = { kind: "new" | "own"; networkId: string; address: string; portId: string; groups: string[] };
type Faults = { networkId?: string | undefined; address?: string | undefined; portId?: string | undefined };

/** A new port in a network, or one that was made before. */
export function AttachDialog({ projectId, instanceId, onClose }: AttachDialogProps) {
  const t: Translate = useTranslations();
  const formId = useId();
  const [values, setValues] = useState<Values>({
    kind: "new",
    networkId: "",
    address: "",
    portId: "",
    groups: [],
  });
  const set = (change: Partial<Values>) => setValues((before) => ({ ...before, ...change }));
  const { blocked } = useRoom(projectId, values.kind === "new" ? onePort : nothing);
  const { submit, pending, failure, faults } = useAttach({ projectId, instanceId, onClose, values });
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("interfaces.attachTitle")}
      about={t("interfaces.attachAbout")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" type="submit" form={formId} blocked={blocked} disabled={pending}>
            {t("interfaces.attach")}
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
          if (!blocked) submit();
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        <Segments
          label={t("interfaces.from")}
          value={values.kind}
          onChange={(kind) => set({ kind: kind === "own" ? "own" : "new" })}
          options={[
            { value: "new", label: t("interfaces.newPort") },
            { value: "own", label: t("interfaces.ownPort") },
          ]}
        />
        {values.kind === "new" ? (
          <NewPort {...{ projectId, values, set, faults }} />
        ) : (
          <OwnPort {...{ projectId, values, set, faults }} />
        )}
      </form>
    </Dialog>
  );
}

type PartProps = {
  projectId: string;
  values: Values;
  set: (change: Partial<Values>) => void;
  faults: Faults;
};

function NewPort({ projectId, values, set, faults }: PartProps) {
  const t = useTranslations();
  const trpc = useTRPC();
  const networks = useQuery(
    trpc.network.list.queryOptions({ projectId, filter: { usable: true }, sort: "name", limit: choiceLimit }),
  );
  return (
    <>
      <Field label={t("ports.columns.network")} error={faults.networkId}>
        {(control) => (
          <Select
            {...control}
            value={values.networkId}
            onChange={(event) => set({ networkId: event.target.value })}
          >
            <option value="">{t("ports.chooseNetwork")}</option>
            {networks.data?.items.map((one) => (
              <option key={one.id} value={one.id} disabled={one.subnets.length === 0}>
                {`${one.name} · ${one.subnets.map(({ cidr }) => cidr).join(", ") || t("ports.noSubnet")}`}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field
        label={t("ports.addressLabel")}
        optional={t("common.optional")}
        help={t("ports.addressHelp")}
        error={faults.address}
      >
        {(control) => (
          <Input
            {...control}
            value={values.address}
            autoComplete="off"
            spellCheck={false}
            className="font-mono"
            onChange={(event) => set({ address: event.target.value })}
          />
        )}
      </Field>
      <GroupChoice projectId={projectId} value={values.groups} onChange={(groups) => set({ groups })} />
    </>
  );
}

function OwnPort({ projectId, values, set, faults }: PartProps) {
  const t = useTranslations("interfaces");
  const trpc = useTRPC();
  const ports = useQuery(
    trpc.port.list.queryOptions({ projectId, filter: { free: true }, limit: choiceLimit }),
  );
  const rows = ports.data?.items ?? [];
  const noneFree = ports.isSuccess && rows.length === 0;
  return (
    <Field label={t("port")} help={noneFree ? t("noFreePort") : undefined} error={faults.portId}>
      {(control) => (
        <Select {...control} value={values.portId} onChange={(event) => set({ portId: event.target.value })}>
          <option value="">{t("choosePort")}</option>
          {rows.map((port) => (
            <option key={port.id} value={port.id}>
              {`${portName(port)} · ${port.networkName}`}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

function useAttach({ projectId, instanceId, onClose, values }: AttachDialogProps & { values: Values }) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [newId, setNewId] = useState(uuidV7);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [faults, setFaults] = useState<Faults>({});
  const attach = useMutation(
    trpc.instance.attachInterface.mutationOptions({
      onSuccess: onClose,
      onError: (thrown) => {
        const refused = failureOf(thrown);
        const { field, reason } = refused.error;
        if (reason === "idInUse") setNewId(uuidV7());
        if (field === "address" || field === "networkId") setFaults({ [field]: errorText(t, refused.error) });
        else setFailure(refused);
      },
      onSettled: () => {
        for (const key of [trpc.port.pathKey(), trpc.instance.pathKey(), trpc.project.quota.pathKey()])
          void queries.invalidateQueries({ queryKey: key });
      },
    }),
  );
  const submit = () => {
    const { kind, networkId, portId, groups } = values;
    const address = values.address.trim();
    const found: Faults = {
      networkId: kind === "new" && networkId === "" ? t("ports.networkWanted") : undefined,
      address:
        kind === "new" && address !== "" && !ipv4.safeParse(address).success
          ? fieldText(t, "addressInvalid")
          : undefined,
      portId: kind === "own" && portId === "" ? t("interfaces.portWanted") : undefined,
    };
    setFaults(found);
    setFailure(null);
    if (Object.values(found).some(Boolean)) return;
    const of = { projectId, id: instanceId };
    if (kind === "own") return attach.mutate({ ...of, portId });
    const securityGroupIds = groups.length > 0 ? groups : null;
    attach.mutate({ ...of, portId: newId, networkId, address: address || null, securityGroupIds });
  };
  return { submit, pending: attach.isPending, failure, faults };
}
