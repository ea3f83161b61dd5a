"use client";

import type { SubnetFault } from "@madang/core/network/subnet";
import { useFormatter, useTranslations } from "next-intl";
import { errorText, type Translate } from "../../lib/error-text.ts";
import { Field } from "../ui/field.tsx";
import { Fold } from "../ui/fold.tsx";
import { Input, TextArea } from "../ui/input.tsx";
import { Segments } from "../ui/segments.tsx";
import { Toggle } from "../ui/toggle.tsx";
import { asksFor, readSubnet, roomOf, type SubnetForm } from "./subnet-form.ts";

type SubnetFieldsProps = {
  values: SubnetForm;
  onChange: (values: SubnetForm) => void;
  /** The range of one that is there already can't be changed. */
  rangeFixed?: boolean;
  /** What the server said, by field. */
  refused?: SubnetFault | null;
};

/** Range, gateway and pools of a subnet, with what they come to as they are typed. */
export function SubnetFields({ values, onChange, rangeFixed, refused = null }: SubnetFieldsProps) {
  const t: Translate = useTranslations();
  const read = readSubnet(values);
  // An empty form has no fault yet.
  const fault = refused ?? (values.cidr.trim() === "" || asksFor(read) ? null : read);
  const wrong = (field: string) => (fault?.field === field ? faultText(t, fault) : undefined);
  const set = (change: Partial<SubnetForm>) => onChange({ ...values, ...change });
  return (
    <div className="flex flex-col gap-4">
      <Field label={t("networks.cidr")} help={t("networks.cidrHelp")} error={wrong("cidr")}>
        {(control) => (
          <Input
            {...control}
            value={values.cidr}
            readOnly={rangeFixed}
            placeholder="10.0.0.0/24"
            autoComplete="off"
            spellCheck={false}
            className="font-mono"
            onChange={(event) => set({ cidr: event.target.value })}
          />
        )}
      </Field>
      <Outcome values={values} />
      <More values={values} set={set} wrong={wrong} />
    </div>
  );
}

export function faultText(t: Translate, { reason, params = {} }: SubnetFault): string {
  return errorText(t, { code: "InvalidInput", reason, params, message: "", retry: "never" });
}

/** The arithmetic in words: how many addresses, who has which. */
function Outcome({ values }: { values: SubnetForm }) {
  const t = useTranslations("networks");
  const format = useFormatter();
  const read = readSubnet(values);
  if (!asksFor(read)) return null;
  const pools = read.pools.map(({ start, end }) => (start === end ? start : `${start} – ${end}`));
  return (
    <dl
      aria-live="polite"
      className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 rounded-surface bg-sunken px-3 py-2.5 text-table dark:bg-surface"
    >
      <dt className="text-muted">{t("outcome.range")}</dt>
      <dd className="font-mono">{read.cidr}</dd>
      <dt className="text-muted">{t("outcome.room")}</dt>
      <dd className="tabular-nums">{t("outcome.addresses", { count: format.number(roomOf(read)) })}</dd>
      <dt className="text-muted">{t("outcome.gateway")}</dt>
      <dd className={read.gateway ? "font-mono" : ""}>{read.gateway ?? t("outcome.noGateway")}</dd>
      <dt className="text-muted">{t("outcome.pool")}</dt>
      <dd className="font-mono break-words">{pools.join(", ")}</dd>
    </dl>
  );
}

type MoreProps = {
  values: SubnetForm;
  set: (change: Partial<SubnetForm>) => void;
  wrong: (field: string) => string | undefined;
};

/** What few need, folded. */
function More({ values, set, wrong }: MoreProps) {
  const t = useTranslations("networks");
  const usual =
    values.gatewayKind === "first" &&
    values.dhcp &&
    !values.pools &&
    !values.dnsServers &&
    !values.hostRoutes;
  const faulty = ["gateway", "pools", "dnsServers", "hostRoutes"].some((field) => wrong(field) !== undefined);
  return (
    <Fold title={t("more")} note={usual ? t("moreUsual") : t("moreSet")} startsOpen={!usual} faulty={faulty}>
      <MoreFields values={values} set={set} wrong={wrong} />
    </Fold>
  );
}

const gatewayKinds = ["first", "own", "none"] as const;

function MoreFields({ values, set, wrong }: MoreProps) {
  const t = useTranslations("networks");
  return (
    <>
      <div className="flex flex-col gap-1.5">
        <span className="text-table font-medium">{t("gateway")}</span>
        <Segments
          label={t("gateway")}
          value={values.gatewayKind}
          onChange={(value) => set({ gatewayKind: gatewayKinds.find((kind) => kind === value) ?? "first" })}
          options={gatewayKinds.map((value) => ({ value, label: t(`gatewayKinds.${value}`) }))}
        />
      </div>
      {values.gatewayKind === "own" ? (
        <Field label={t("gatewayAddress")} error={wrong("gateway")}>
          {(control) => (
            <Input
              {...control}
              value={values.gateway}
              spellCheck={false}
              autoComplete="off"
              className="font-mono"
              onChange={(event) => set({ gateway: event.target.value })}
            />
          )}
        </Field>
      ) : null}
      <Toggle
        label={t("dhcp")}
        help={t("dhcpHelp")}
        checked={values.dhcp}
        onChange={(dhcp) => set({ dhcp })}
      />
      <Lines name="pools" placeholder="10.0.0.10-10.0.0.99" {...{ values, set, wrong }} />
      <Lines name="dnsServers" placeholder="9.9.9.9, 1.1.1.1" {...{ values, set, wrong }} />
      <Lines name="hostRoutes" placeholder="192.168.0.0/16 via 10.0.0.2" {...{ values, set, wrong }} />
    </>
  );
}

type LinesProps = MoreProps & { name: "pools" | "dnsServers" | "hostRoutes"; placeholder: string };

function Lines({ name, placeholder, values, set, wrong }: LinesProps) {
  const t = useTranslations();
  return (
    <Field
      label={t(`networks.${name}`)}
      optional={t("common.optional")}
      help={t(`networks.${name}Help`)}
      error={wrong(name)}
    >
      {(control) => (
        <TextArea
          {...control}
          rows={2}
          value={values[name]}
          placeholder={placeholder}
          spellCheck={false}
          className="min-h-16 font-mono text-table"
          onChange={(event) => set({ [name]: event.target.value })}
        />
      )}
    </Field>
  );
}
