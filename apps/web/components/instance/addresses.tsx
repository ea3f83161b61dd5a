"use client";

import { useTranslations } from "next-intl";
import type { InstanceRow } from "../../lib/rows.ts";
import { CopyButton } from "../ui/copyable.tsx";

type AddressesProps = {
  addresses: InstanceRow["addresses"];
  /** In a row of a list: the first two, and how many more. */
  few?: boolean;
};

const fewLimit = 2;

/** Where an instance is reached: fixed addresses, and floating IPs that lead to them. */
export function Addresses({ addresses, few }: AddressesProps) {
  const t = useTranslations("interfaces");
  const tCommon = useTranslations("common");
  const shown = few ? addresses.slice(0, fewLimit) : addresses;
  const more = addresses.length - shown.length;
  return (
    <ul className="flex flex-col gap-0.5">
      {shown.map(({ address, floatingIp, networkName }) => (
        <li key={address} className="flex flex-wrap items-center gap-x-1.5">
          <code className="font-mono text-label" title={networkName}>
            {address}
          </code>
          {few ? null : <CopyButton text={address} label={tCommon("copyThe", { what: address })} />}
          {floatingIp === null ? null : (
            <code className="font-mono text-label text-accent" title={t("floating", { address: floatingIp })}>
              → {floatingIp}
            </code>
          )}
          {few ? null : <span className="text-label break-words text-muted">{networkName}</span>}
        </li>
      ))}
      {more > 0 ? <li className="text-label text-muted">+{more}</li> : null}
    </ul>
  );
}
