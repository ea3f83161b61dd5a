"use client";

import type { SubnetFault } from "@madang/core/network/subnet";
import { newCloudNetwork } from "@madang/core/network/subnet-input";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import { errorText, fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { SubnetFields } from "../network/subnet-fields.tsx";
import { asksFor, emptySubnet, readSubnet, type SubnetForm } from "../network/subnet-form.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";
import { Segments } from "../ui/segments.tsx";
import { useFocusFault } from "../ui/use-focus-fault.ts";

type Values = {
  name: string;
  use: "external" | "shared";
  type: "geneve" | "flat" | "vlan";
  physicalNetwork: string;
  segmentationId: string;
  subnet: SubnetForm;
};
type Faults = { [field: string]: string | undefined };

const types = { external: ["flat", "vlan"], shared: ["geneve", "flat", "vlan"] } as const;

/** An external or a shared network, with its first subnet where a range is given. */
export function CloudNetworkDialog({ onClose }: { onClose: () => void }) {
  const t: Translate = useTranslations();
  const formId = useId();
  const [values, setValues] = useState<Values>({
    ...{ name: "", use: "external", type: "flat", physicalNetwork: "", segmentationId: "" },
    subnet: { ...emptySubnet, dhcp: false },
  });
  const set = (change: Partial<Values>) => setValues((before) => ({ ...before, ...change }));
  const { submit, pending, failure, faults, refused, setRefused } = useCreate(values, onClose);
  const form = useFocusFault(faults, refused);
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("cloudNetworks.createTitle")}
      about={t("cloudNetworks.createAbout")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" type="submit" form={formId} disabled={pending}>
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
        <Field label={t("fields.name")} error={faults.name}>
          {(control) => (
            <Input {...control} value={values.name} onChange={(event) => set({ name: event.target.value })} />
          )}
        </Field>
        <SegmentFields values={values} set={set} faults={faults} />
        <SubnetFields
          values={values.subnet}
          refused={refused}
          onChange={(subnet) => {
            setRefused(null);
            set({ subnet });
          }}
        />
      </form>
    </Dialog>
  );
}

type PartProps = { values: Values; set: (change: Partial<Values>) => void; faults: Faults };

function SegmentFields({ values, set, faults }: PartProps) {
  const t = useTranslations("cloudNetworks");
  const tNetworks = useTranslations("networks");
  const use = (next: string) => {
    const chosen = next === "shared" ? "shared" : "external";
    set({ use: chosen, type: chosen === "external" && values.type === "geneve" ? "flat" : values.type });
  };
  return (
    <>
      <div className="flex flex-col gap-1.5">
        <span className="text-table font-medium">{t("use")}</span>
        <Segments
          label={t("use")}
          value={values.use}
          onChange={use}
          options={(["external", "shared"] as const).map((value) => ({ value, label: t(`uses.${value}`) }))}
        />
        <p className="text-label text-muted">{t(`useHelp.${values.use}`)}</p>
      </div>
      <Field label={t("type")} error={faults.type}>
        {(control) => (
          <Select
            {...control}
            value={values.type}
            onChange={(event) =>
              set({ type: types.shared.find((type) => type === event.target.value) ?? "flat" })
            }
          >
            {types[values.use].map((type) => (
              <option key={type} value={type}>
                {tNetworks(`types.${type}`)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {values.type === "geneve" ? null : (
        <Field label={t("physicalNetwork")} help={t("physicalNetworkHelp")} error={faults.physicalNetwork}>
          {(control) => (
            <Input
              {...control}
              value={values.physicalNetwork}
              spellCheck={false}
              className="font-mono"
              onChange={(event) => set({ physicalNetwork: event.target.value })}
            />
          )}
        </Field>
      )}
      {values.type === "vlan" ? (
        <Field label={t("segmentationId")} error={faults.segmentationId}>
          {(control) => (
            <Input
              {...control}
              inputMode="numeric"
              value={values.segmentationId}
              className="w-32 font-mono"
              onChange={(event) => set({ segmentationId: event.target.value })}
            />
          )}
        </Field>
      ) : null}
    </>
  );
}

function useCreate(values: Values, onClose: () => void) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [ids, setIds] = useState(() => ({ network: uuidV7(), subnet: uuidV7() }));
  const [failure, setFailure] = useState<Failure | null>(null);
  const [faults, setFaults] = useState<Faults>({});
  const [refused, setRefused] = useState<SubnetFault | null>(null);
  const create = useMutation(
    trpc.admin.network.create.mutationOptions({
      onSuccess: onClose,
      onError: (thrown) => {
        const wrong = failureOf(thrown);
        const { field = "", reason } = wrong.error;
        if (reason === "idInUse") setIds({ network: uuidV7(), subnet: uuidV7() });
        if (["name", "type", "physicalNetwork", "segmentationId"].includes(field))
          setFaults({ [field]: errorText(t, wrong.error) });
        else setFailure(wrong);
      },
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.admin.network.pathKey() }),
    }),
  );
  const submit = () => {
    setFailure(null);
    const withSubnet = values.subnet.cidr.trim() !== "";
    const read = readSubnet(values.subnet);
    const wrongSubnet = withSubnet && !asksFor(read) ? read : null;
    setRefused(wrongSubnet);
    const parsed = newCloudNetwork.safeParse(askedOf(values, ids));
    const issues = parsed.error?.issues ?? [];
    setFaults(
      Object.fromEntries(issues.map(({ path, message }) => [String(path[0]), fieldText(t, message)])),
    );
    if (!parsed.success || wrongSubnet) return;
    create.mutate(parsed.data);
  };
  return { submit, pending: create.isPending, failure, faults, refused, setRefused };
}

function askedOf(values: Values, ids: { network: string; subnet: string }) {
  const { name, use, type } = values;
  const read = readSubnet(values.subnet);
  const physicalNetwork = type === "geneve" ? null : values.physicalNetwork.trim();
  const segmentationId = type === "vlan" ? Number(values.segmentationId) : null;
  const subnet = asksFor(read)
    ? { ...read, id: ids.subnet, name: `${name.trim().slice(0, 240)}-subnet` }
    : undefined;
  return {
    ...{ id: ids.network, name, type, physicalNetwork, segmentationId },
    ...{ external: use === "external", shared: use === "shared", subnet },
  };
}
