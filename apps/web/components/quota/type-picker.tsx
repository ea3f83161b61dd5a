"use client";

import { type Limits, namedResources, type QuotaResource, quotaResources } from "@madang/core/quota/resource";
import { isTypeResource, typeIdOf, typeResources } from "@madang/core/quota/type-resource";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { TypeNames } from "../../lib/resource-words.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Select } from "../ui/input.tsx";

/** A limit's field in a form. */
export type LimitRow = { resource: QuotaResource; typeName: string | null };

/** A field for each fixed resource, and for those of types that something is said of. */
export function limitRows(limits: Limits, names: TypeNames): LimitRow[] {
  const typed = namedResources(limits).filter(isTypeResource);
  return [
    ...quotaResources.map((resource) => ({ resource, typeName: null })),
    ...typed.map((resource) => ({ resource, typeName: names[typeIdOf(resource)] ?? null })),
  ];
}

/** Fields of the types that were picked and have none yet. */
export function pickedRows(picked: TypeNames, shown: readonly { resource: string }[]): LimitRow[] {
  const known = new Set(shown.map(({ resource }) => resource));
  return Object.entries(picked).flatMap(([id, typeName]) =>
    typeResources(id).flatMap((resource) => (known.has(resource) ? [] : [{ resource, typeName }])),
  );
}

type TypePickerProps = { shown: readonly { resource: QuotaResource }[]; onPick: (names: TypeNames) => void };

/** Brings the limits of a volume type into a form that says nothing of them yet. Nothing where there is no such type. */
export function TypePicker({ shown, onPick }: TypePickerProps) {
  const t = useTranslations("admin.limits");
  const trpc = useTRPC();
  const types = useQuery(trpc.admin.volumeType.list.queryOptions({ limit: 100 }));
  const [chosen, setChosen] = useState("");
  const known = new Set(shown.map(({ resource }) => resource));
  const offered = (types.data?.items ?? []).filter(({ id }) =>
    typeResources(id).some((resource) => !known.has(resource)),
  );
  const type = offered.find(({ id }) => id === chosen);
  if (offered.length === 0) return null;
  return (
    <div className="flex max-w-md items-end gap-2">
      <Field label={t("typeLabel")} className="flex-1">
        {(control) => (
          <Select {...control} value={type?.id ?? ""} onChange={(event) => setChosen(event.target.value)}>
            <option value="">{t("typeNone")}</option>
            {offered.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Button
        blocked={type ? null : t("typeChoose")}
        onClick={() => {
          if (type) onPick({ [type.id]: type.name });
          setChosen("");
        }}
      >
        {t("typeAdd")}
      </Button>
    </div>
  );
}
