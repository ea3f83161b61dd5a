"use client";

import { ipv4 } from "@madang/core/network/cidr";
import { mac as macShape } from "@madang/core/network/port-input";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import { errorText, fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { PortRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { useRoom } from "../quota/use-room.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";
import { Toggle } from "../ui/toggle.tsx";
import { AddressPairs, pairsOf, pairsText } from "./address-pairs.tsx";
import { GroupChoice } from "./group-choice.tsx";

/** The API's largest page: more networks than this are not offered in one form. */
const choiceLimit = 500;
const onePort = { ports: 1 };
const nothing = {};

type PortDialogProps = {
  projectId: string;
  /** Where a new one is made; null: it is chosen here. */
  networkId: string | null;
  /** null: a new one */
  port: PortRow | null;
  onClose: () => void;
};

type Values = {
  networkId: string;
  name: string;
  address: string;
  mac: string;
  portSecurity: boolean;
  groups: string[];
  pairs: string;
};
type Faults = { [Name in keyof Values]?: string | undefined };

export function PortDialog({ projectId, networkId, port, onClose }: PortDialogProps) {
  const t: Translate = useTranslations();
  const formId = useId();
  const [values, setValues] = useState<Values>({
    networkId: networkId ?? port?.networkId ?? "",
    name: port?.name ?? "",
    address: "",
    mac: "",
    portSecurity: port?.portSecurity ?? true,
    groups: port?.securityGroups.map(({ id }) => id) ?? [],
    pairs: pairsText(port?.allowedAddressPairs ?? []),
  });
  const { blocked } = useRoom(projectId, port ? nothing : onePort);
  const { submit, pending, failure, faults } = useSave({ projectId, port, values, onClose });
  const set = (change: Partial<Values>) => setValues({ ...values, ...change });
  const kind = port ? "edit" : "create";
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t(`ports.${kind}Title`)}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" type="submit" form={formId} blocked={blocked} disabled={pending}>
            {t(`ports.${kind}Verb`)}
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
        {port || networkId ? null : <NetworkChoice {...{ projectId, values, set, faults }} />}
        <TextField name="name" {...{ values, set, faults }} />
        {port ? null : <TextField name="address" mono {...{ values, set, faults }} />}
        {port ? null : <TextField name="mac" mono {...{ values, set, faults }} />}
        <Toggle
          label={t("ports.portSecurity")}
          help={t("ports.portSecurityHelp")}
          checked={values.portSecurity}
          onChange={(portSecurity) => set({ portSecurity })}
        />
        {values.portSecurity ? (
          <>
            <GroupChoice projectId={projectId} value={values.groups} onChange={(groups) => set({ groups })} />
            <AddressPairs text={values.pairs} error={faults.pairs} onText={(pairs) => set({ pairs })} />
          </>
        ) : null}
      </form>
    </Dialog>
  );
}

type PartProps = { values: Values; set: (change: Partial<Values>) => void; faults: Faults };

function TextField({
  name,
  mono,
  values,
  set,
  faults,
}: PartProps & { name: "name" | "address" | "mac"; mono?: boolean }) {
  const t = useTranslations();
  return (
    <Field
      label={t(`ports.${name}Label`)}
      optional={t("common.optional")}
      help={t(`ports.${name}Help`)}
      error={faults[name]}
    >
      {(control) => (
        <Input
          {...control}
          value={values[name]}
          autoComplete="off"
          spellCheck={false}
          className={mono ? "font-mono" : ""}
          onChange={(event) => set({ [name]: event.target.value })}
        />
      )}
    </Field>
  );
}

function NetworkChoice({ projectId, values, set, faults }: PartProps & { projectId: string }) {
  const t = useTranslations("ports");
  const trpc = useTRPC();
  const networks = useQuery(
    trpc.network.list.queryOptions({ projectId, filter: { usable: true }, sort: "name", limit: choiceLimit }),
  );
  return (
    <Field label={t("columns.network")} error={faults.networkId}>
      {(control) => (
        <Select
          {...control}
          value={values.networkId}
          onChange={(event) => set({ networkId: event.target.value })}
        >
          <option value="">{t("chooseNetwork")}</option>
          {networks.data?.items.map((one) => (
            <option key={one.id} value={one.id} disabled={one.subnets.length === 0}>
              {`${one.name} · ${one.subnets.map(({ cidr }) => cidr).join(", ") || t("noSubnet")}`}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

/** Where a refusal is shown: `addresses.0.address` is at the address. */
const faultFields = ["address", "mac", "networkId", "name"] as const;

function useSave({
  projectId,
  port,
  values,
  onClose,
}: Omit<PortDialogProps, "networkId"> & { values: Values }) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [id, setId] = useState(uuidV7);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [faults, setFaults] = useState<Faults>({});
  const done = {
    onSuccess: onClose,
    onError: (thrown: unknown) => {
      const refused = failureOf(thrown);
      const { reason, field = "" } = refused.error;
      if (reason === "idInUse") setId(uuidV7());
      const at = faultFields.find((one) => field.startsWith(one));
      if (at) return setFaults({ [at]: errorText(t, refused.error) });
      setFailure(refused);
    },
    onSettled: () => {
      for (const key of [trpc.port.pathKey(), trpc.network.pathKey(), trpc.project.quota.pathKey()])
        void queries.invalidateQueries({ queryKey: key });
      void queries.invalidateQueries({ queryKey: trpc.securityGroup.pathKey() });
    },
  };
  const create = useMutation(trpc.port.create.mutationOptions(done));
  const update = useMutation(trpc.port.update.mutationOptions(done));
  const submit = () => {
    setFailure(null);
    const { networkId, name, address, mac, portSecurity, groups } = values;
    const pairs = portSecurity ? pairsOf(values.pairs) : [];
    const found = faultsOf(t, values, pairs === null);
    setFaults(found);
    if (Object.values(found).some(Boolean) || pairs === null) return;
    const guards = { portSecurity, allowedAddressPairs: pairs };
    if (port) {
      const securityGroupIds = portSecurity ? groups : [];
      return update.mutate({ projectId, id: port.id, name: name.trim(), ...guards, securityGroupIds });
    }
    const addresses = address.trim() ? [{ address: address.trim() }] : [];
    const securityGroupIds = groups.length > 0 && portSecurity ? groups : null;
    const asked = { id, networkId, name: name.trim(), mac: mac.trim() || null, addresses };
    create.mutate({ projectId, ...asked, ...guards, securityGroupIds });
  };
  return { submit, pending: create.isPending || update.isPending, failure, faults };
}

function faultsOf(t: Translate, values: Values, pairsWrong: boolean): Faults {
  const { networkId, address, mac } = values;
  const wrongAddress = address.trim() !== "" && !ipv4.safeParse(address).success;
  const wrongMac = mac.trim() !== "" && !macShape.safeParse(mac).success;
  return {
    networkId: networkId === "" ? t("ports.networkWanted") : undefined,
    address: wrongAddress ? fieldText(t, "addressInvalid") : undefined,
    mac: wrongMac ? fieldText(t, "macInvalid") : undefined,
    pairs: pairsWrong ? t("ports.pairsWrong") : undefined,
  };
}
