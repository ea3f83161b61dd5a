"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { ComponentProps, ReactNode } from "react";
import { useTRPC } from "../../lib/trpc.ts";
import { Field } from "../ui/field.tsx";
import { Select } from "../ui/input.tsx";

/** The API's largest page; more external networks than this are not offered in one form. */
const choiceLimit = 500;

export function useExternalNetworks(projectId: string) {
  const trpc = useTRPC();
  const filter = { external: true };
  return useQuery(trpc.network.list.queryOptions({ projectId, filter, limit: choiceLimit }));
}

type ExternalFieldProps = {
  projectId: string;
  label: string;
  help?: ReactNode;
  error?: ReactNode;
  /** What choosing none is called; undefined: one must be chosen. */
  none?: string;
  select: ComponentProps<"select">;
};

/** Which external network; says so when there is none. */
export function ExternalField({ projectId, label, help, error, none, select }: ExternalFieldProps) {
  const t = useTranslations("routers");
  const networks = useExternalNetworks(projectId);
  const items = networks.data?.items ?? [];
  const empty = networks.isSuccess && items.length === 0;
  return (
    <Field label={label} help={empty ? t("noExternal") : help} error={error}>
      {(control) => (
        <Select {...control} {...select} disabled={networks.isPending || (empty && none === undefined)}>
          {none === undefined ? null : <option value="">{none}</option>}
          {items.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
