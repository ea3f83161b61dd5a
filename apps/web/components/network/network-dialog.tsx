"use client";

import { displayName } from "@madang/core/instance/launch";
import type { SubnetFault } from "@madang/core/network/subnet";
import { description as descriptionShape } from "@madang/core/network/subnet-input";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import { errorText, fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { NetworkRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
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
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [withSubnet, setWithSubnet] = useState(true);
  const [subnet, setSubnet] = useState<SubnetForm>({ ...emptySubnet, cidr: suggested });
  const [faults, setFaults] = useState<{ name?: string | undefined; description?: string | undefined }>({});
  const [refused, setRefused] = useState<SubnetFault | null>(null);
  const wanted = { networks: 1, subnets: withSubnet ? 1 : 0 };
  const { lines, blocked } = useRoom(projectId, wanted);
  const { send, pending, failure } = useCreate({ projectId, onClose, onCreated, setFaults, setRefused });
  const read = readSubnet(subnet);
  const submit = () => {
    const parsed = {
      name: displayName.safeParse(name),
      description: descriptionShape.safeParse(description),
    };
    setRefused(null);
    setFaults({
      name: fieldText(t, parsed.name.error?.issues[0]?.message),
      description: fieldText(t, parsed.description.error?.issues[0]?.message),
    });
    if (!parsed.name.success || !parsed.description.success || blocked) return;
    if (withSubnet && !asksFor(read)) return setRefused(read);
    const asked = withSubnet && asksFor(read) ? read : null;
    send({ name: parsed.name.data, description: parsed.description.data }, asked);
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
        id={formId}
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        <Field label={t("fields.name")} error={faults.name}>
          {(control) => (
            <Input
              {...control}
              value={name}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label={t("networks.description")} optional={t("common.optional")} error={faults.description}>
          {(control) => (
            <Input
              {...control}
              value={description}
              autoComplete="off"
              onChange={(event) => setDescription(event.target.value)}
            />
          )}
        </Field>
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
        <QuotaArithmetic lines={lines} wanted={wanted} shown={shown} />
        <QuotaBlock projectId={projectId} lines={lines} wanted={wanted} />
      </form>
    </Dialog>
  );
}

type UseCreate = CreateProps & {
  setFaults: (faults: { name?: string }) => void;
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
        if (error.field === "name") return setFaults({ name: errorText(t, error) });
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
  const send = (named: { name: string; description: string }, asked: SubnetAsked | null) => {
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

/** Its name and what it is for. */
export function EditNetworkDialog({
  projectId,
  network,
  onClose,
}: {
  projectId: string;
  network: Pick<NetworkRow, "id" | "name" | "description">;
  onClose: () => void;
}) {
  const t: Translate = useTranslations();
  const formId = useId();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [name, setName] = useState(network.name);
  const [description, setDescription] = useState(network.description);
  const [faults, setFaults] = useState<{ name?: string | undefined; description?: string | undefined }>({});
  const [failure, setFailure] = useState<Failure | null>(null);
  const update = useMutation(
    trpc.network.update.mutationOptions({
      onSuccess: onClose,
      onError: (thrown) => setFailure(failureOf(thrown)),
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.network.pathKey() }),
    }),
  );
  const submit = () => {
    const parsed = {
      name: displayName.safeParse(name),
      description: descriptionShape.safeParse(description),
    };
    setFailure(null);
    setFaults({
      name: fieldText(t, parsed.name.error?.issues[0]?.message),
      description: fieldText(t, parsed.description.error?.issues[0]?.message),
    });
    if (!parsed.name.success || !parsed.description.success) return;
    update.mutate({
      projectId,
      id: network.id,
      name: parsed.name.data,
      description: parsed.description.data,
    });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("networks.editTitle", { name: network.name })}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" type="submit" form={formId} disabled={update.isPending}>
            {t("networks.editVerb")}
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
          submit();
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        <Field label={t("fields.name")} error={faults.name}>
          {(control) => (
            <Input
              {...control}
              value={name}
              autoComplete="off"
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label={t("networks.description")} optional={t("common.optional")} error={faults.description}>
          {(control) => (
            <Input
              {...control}
              value={description}
              onChange={(event) => setDescription(event.target.value)}
            />
          )}
        </Field>
      </form>
    </Dialog>
  );
}
