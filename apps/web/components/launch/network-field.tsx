"use client";

import { interfaceLimit } from "@madang/core/network/interface-input";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useFormContext } from "react-hook-form";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import type { NetworkRow, PortRow } from "../../lib/rows.ts";
import { KindMark } from "../network/network-list-page.tsx";
import { GroupChoice } from "../port/group-choice.tsx";
import { portName } from "../port/port-user.tsx";
import { cn } from "../ui/class-names.ts";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import type { LaunchForm } from "./form-schema.ts";

type NetworkFieldProps = { projectId: string; networks: NetworkRow[]; ports: PortRow[] };
type Chosen = LaunchForm["networks"][number];

/** What the instance is plugged into, in the order in which it was chosen; fixed addresses; security groups. */
export function NetworkField({ projectId, networks, ports }: NetworkFieldProps) {
  const t = useTranslations("launch.networks");
  const { watch, setValue } = useFormContext<LaunchForm>();
  const [chosen, groups, reachable] = watch(["networks", "securityGroupIds", "reachable"]);
  const set = (next: Chosen[]) => setValue("networks", next, { shouldDirty: true, shouldValidate: true });
  const toggle = (kind: Chosen["kind"], id: string) => {
    const without = chosen.filter((one) => one.id !== id);
    set(without.length < chosen.length ? without : [...chosen, { kind, id, address: "" }]);
  };
  if (networks.length === 0 && ports.length === 0)
    return reachable ? null : <NoNetwork projectId={projectId} />;
  return (
    <div className="flex flex-col gap-4">
      <fieldset className="flex min-w-0 flex-col">
        <legend className="sr-only">{t("about")}</legend>
        {networks.map((network) => (
          <Choice
            key={network.id}
            id={network.id}
            words={network.name}
            note={rangesOf(network) || t("noSubnet")}
            mark={<KindMark network={network} />}
            disabled={network.subnets.length === 0}
            onToggle={() => toggle("network", network.id)}
          />
        ))}
        {ports.length > 0 ? <p className="mt-3 text-label font-medium text-muted">{t("ports")}</p> : null}
        {ports.map((port) => (
          <Choice
            key={port.id}
            id={port.id}
            words={portName(port)}
            note={port.networkName}
            disabled={false}
            onToggle={() => toggle("port", port.id)}
          />
        ))}
      </fieldset>
      {chosen.length === 0 && !reachable ? <p className="text-label text-muted">{t("noneChosen")}</p> : null}
      <FixedAddresses networks={networks} />
      {chosen.some(({ kind }) => kind === "network") ? (
        <GroupChoice
          projectId={projectId}
          value={groups}
          onChange={(ids) => setValue("securityGroupIds", ids, { shouldDirty: true })}
        />
      ) : null}
    </div>
  );
}

function rangesOf({ subnets }: NetworkRow): string {
  return subnets.map(({ cidr }) => cidr).join(", ");
}

function NoNetwork({ projectId }: { projectId: string }) {
  const t = useTranslations("launch.networks");
  return (
    <p className="text-table text-muted">
      {t("none")}{" "}
      <Link href={`/p/${projectId}/networks`} className="text-accent underline underline-offset-2">
        {t("make")}
      </Link>
    </p>
  );
}

type ChoiceProps = {
  id: string;
  words: string;
  note: string;
  mark?: React.ReactNode;
  disabled: boolean;
  onToggle: () => void;
};

function Choice({ id, words, note, mark, disabled, onToggle }: ChoiceProps) {
  const t = useTranslations("launch.networks");
  const { watch } = useFormContext<LaunchForm>();
  const chosen = watch("networks");
  const place = chosen.findIndex((one) => one.id === id);
  const full = place < 0 && chosen.length >= interfaceLimit;
  return (
    <label className="flex min-h-9 cursor-pointer items-center gap-2.5 border-b py-1.5 text-table last:border-b-0 has-disabled:cursor-not-allowed">
      <input
        type="checkbox"
        className="size-4 shrink-0 accent-accent"
        checked={place >= 0}
        disabled={disabled || full}
        onChange={onToggle}
      />
      <span className="flex min-w-0 flex-1 flex-wrap items-baseline gap-x-2">
        <span className="font-medium break-words">{words}</span>
        {mark}
        <span className={cn("text-label text-muted", !full && !disabled && "font-mono")}>
          {full ? t("limit", { limit: interfaceLimit }) : note}
        </span>
      </span>
      {place >= 0 && chosen.length > 1 ? (
        <span className="text-label text-muted tabular-nums">{place + 1}</span>
      ) : null}
    </label>
  );
}

/** One instance may have an address of its choice; several can't share it. */
function FixedAddresses({ networks }: { networks: NetworkRow[] }) {
  const t: Translate = useTranslations();
  const { watch, register, formState } = useFormContext<LaunchForm>();
  const [chosen, count] = watch(["networks", "count"]);
  const several = count > 1 && chosen.some(({ kind, address }) => kind === "port" || address !== "");
  return (
    <>
      {chosen.map((one, index) => {
        const network = networks.find(({ id }) => id === one.id);
        if (!network) return null;
        return (
          <Field
            key={one.id}
            label={t("launch.networks.address", { name: network.name })}
            optional={t("common.optional")}
            error={fieldText(t, formState.errors.networks?.[index]?.address?.message)}
            className="max-w-sm"
          >
            {(control) => (
              <Input
                {...control}
                {...register(`networks.${index}.address`)}
                placeholder={t("launch.networks.next")}
                autoComplete="off"
                spellCheck={false}
                className="font-mono"
              />
            )}
          </Field>
        );
      })}
      {several ? (
        <p role="alert" className="text-label text-danger">
          {t("launch.networks.several")}
        </p>
      ) : null}
    </>
  );
}
