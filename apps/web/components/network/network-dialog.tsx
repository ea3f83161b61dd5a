"use client";

import type { SubnetFault } from "@madang/core/network/subnet";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import { errorText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { QuotaArithmetic } from "../quota/quota-arithmetic.tsx";
import { QuotaBlock } from "../quota/quota-block.tsx";
import { useRoom } from "../quota/use-room.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Toggle } from "../ui/toggle.tsx";
import { useFocusFault } from "../ui/use-focus-fault.ts";
import {
  emptyNetwork,
  MtuField,
  type NetworkAsked,
  type NetworkFaults,
  NetworkFields,
  readNetworkForm,
} from "./network-fields.tsx";
import { SubnetFields } from "./subnet-fields.tsx";
import {
  asksFor,
  emptySubnet,
  freeRange,
  readSubnet,
  type SubnetAsked,
  type SubnetForm,
} from "./subnet-form.ts";

/** The API's largest page: beyond it a suggested range may be taken, and the server says so. */
const seenNetworks = 500;
const shown = ["networks", "subnets"] as const;

type CreateProps = { projectId: string; onClose: () => void; onCreated?: (id: string) => void };

/** A network and, unless it is switched off, its first subnet in one form and one request. */
export function CreateNetworkDialog({ projectId, onClose, onCreated }: CreateProps) {
  const trpc = useTRPC();
  const known = useQuery(
    trpc.network.list.queryOptions(
      { projectId, limit: seenNetworks },
      { staleTime: Number.POSITIVE_INFINITY },
    ),
  );
  const taken = known.data?.items.flatMap(({ subnets }) => subnets.map(({ cidr }) => cidr)) ?? [];
  // The suggestion must not change under whoever types.
  if (known.isPending) return null;
  return <CreateForm {...{ projectId, onClose, onCreated, suggested: freeRange(taken) }} />;
}

function CreateForm({ projectId, onClose, onCreated, suggested }: CreateProps & { suggested: string }) {
  const t: Translate = useTranslations();
  const formId = useId();
  const [values, setValues] = useState(emptyNetwork);
  const [withSubnet, setWithSubnet] = useState(true);
  const [subnet, setSubnet] = useState<SubnetForm>({ ...emptySubnet, cidr: suggested });
  const [faults, setFaults] = useState<NetworkFaults>({});
  const [refused, setRefused] = useState<SubnetFault | null>(null);
  const form = useFocusFault(faults, refused);
  const wanted = { networks: 1, subnets: withSubnet ? 1 : 0 };
  const { lines, blocked } = useRoom(projectId, wanted);
  const { send, pending, failure } = useCreate({ projectId, onClose, onCreated, setFaults, setRefused });
  const read = readSubnet(subnet);
  const submit = () => {
    const { asked: named, faults: found } = readNetworkForm(t, values);
    setRefused(null);
    setFaults(found);
    if (!named || blocked) return;
    if (withSubnet && !asksFor(read)) return setRefused(read);
    const asked = withSubnet && asksFor(read) ? read : null;
    send(named, asked);
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("networks.createTitle")}
      about={t("networks.createAbout")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" type="submit" form={formId} blocked={blocked} disabled={pending}>
            {t("networks.createVerb")}
          </Button>
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
        <NetworkFields values={values} faults={faults} onChange={setValues} />
        <Toggle
          label={t("networks.withSubnet")}
          help={t("networks.withSubnetHelp")}
          checked={withSubnet}
          onChange={setWithSubnet}
        />
        {withSubnet ? (
          <SubnetFields
            values={subnet}
            refused={refused}
            onChange={(values) => {
              setRefused(null);
              setSubnet(values);
            }}
          />
        ) : null}
        <MtuField values={values} faults={faults} type="geneve" onChange={setValues} />
        <QuotaArithmetic lines={lines} wanted={wanted} shown={shown} />
        <QuotaBlock projectId={projectId} lines={lines} wanted={wanted} />
      </form>
    </Dialog>
  );
}

type UseCreate = CreateProps & {
  setFaults: (faults: NetworkFaults) => void;
  setRefused: (fault: SubnetFault | null) => void;
};

function useCreate({ projectId, onClose, onCreated, setFaults, setRefused }: UseCreate) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [ids, setIds] = useState(() => ({ network: uuidV7(), subnet: uuidV7() }));
  const [failure, setFailure] = useState<Failure | null>(null);
  const create = useMutation(
    trpc.network.create.mutationOptions({
      onSuccess: ({ id }) => {
        onClose();
        onCreated?.(id);
      },
      onError: (thrown) => {
        const { error } = failureOf(thrown);
        if (error.reason === "idInUse") setIds({ network: uuidV7(), subnet: uuidV7() });
        if (error.field === "name" || error.field === "mtu")
          return setFaults({ [error.field]: errorText(t, error) });
        const field = /^subnet\.(cidr|gateway|pools|dnsServers|hostRoutes)/.exec(error.field ?? "")?.[1];
        if (field) return setRefused({ reason: error.reason, field, params: wordsOf(error.params) });
        setFailure(failureOf(thrown));
      },
      onSettled: () => {
        void queries.invalidateQueries({ queryKey: trpc.network.pathKey() });
        void queries.invalidateQueries({ queryKey: trpc.project.quota.pathKey() });
      },
    }),
  );
  const send = (named: NetworkAsked, asked: SubnetAsked | null) => {
    setFailure(null);
    const name = `${named.name.slice(0, 240)}-subnet`;
    const subnet = asked && { ...asked, hostRoutes: [...asked.hostRoutes], id: ids.subnet, name };
    create.mutate({ projectId, id: ids.network, ...named, ...(subnet ? { subnet } : {}) });
  };
  return { send, pending: create.isPending, failure };
}

function wordsOf(params: Record<string, string | number> = {}): { [key: string]: string } {
  return Object.fromEntries(Object.entries(params).map(([key, value]) => [key, String(value)]));
}
