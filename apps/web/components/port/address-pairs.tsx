"use client";

import { cidr, ipv4 } from "@madang/core/network/cidr";
import { mac as macShape } from "@madang/core/network/port-input";
import { useTranslations } from "next-intl";
import type { PortRow } from "../../lib/rows.ts";
import { Field } from "../ui/field.tsx";
import { TextArea } from "../ui/input.tsx";

type Pair = PortRow["allowedAddressPairs"][number];

export function pairsText(pairs: readonly Pair[]): string {
  return pairs.map(({ address, mac }) => (mac === null ? address : `${address} ${mac}`)).join("\n");
}

/** One `address [MAC]` a line; null: not understood. */
export function pairsOf(text: string): Pair[] | null {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const pairs = lines.flatMap((line) => {
    const [address = "", mac = null] = line.trim().split(/[\s,]+/);
    const known = ipv4.safeParse(address).success || cidr.safeParse(address).success;
    return known && (mac === null || macShape.safeParse(mac).success) ? [{ address, mac }] : [];
  });
  return pairs.length === lines.length ? pairs : null;
}

/** What else may come from a port: addresses that move between instances, or that it routes for. */
export function AddressPairs({
  text,
  error,
  onText,
}: {
  text: string;
  error: string | undefined;
  onText: (text: string) => void;
}) {
  const t = useTranslations();
  return (
    <Field label={t("ports.pairs")} optional={t("common.optional")} help={t("ports.pairsHelp")} error={error}>
      {(control) => (
        <TextArea
          {...control}
          rows={2}
          value={text}
          spellCheck={false}
          placeholder="10.0.0.100"
          className="min-h-16 font-mono text-table"
          onChange={(event) => onText(event.target.value)}
        />
      )}
    </Field>
  );
}
