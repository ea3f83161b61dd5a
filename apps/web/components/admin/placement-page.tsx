"use client";

import {
  defaultWeights,
  type WeigherName,
  type Weights,
  weigherNames,
  weightChanges,
} from "@madang/core/hypervisor/weight";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { Page } from "../shell/page.tsx";
import { Button } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";

/** How the best of those hypervisors is chosen that can take an instance. */
export function PlacementPage() {
  const t = useTranslations("admin.placement");
  const trpc = useTRPC();
  const allowed = usePermission("placement:manage", null);
  const tReasons = useTranslations("reasons");
  const weights = useQuery(trpc.admin.placement.weights.queryOptions(undefined, { enabled: allowed }));
  return (
    <Page title={t("title")} about={t("about")}>
      {allowed ? null : <p className="text-table text-muted">{tReasons("notPermitted")}</p>}
      {weights.isError ? (
        <FailureNotice failure={failureOf(weights.error)} onRetry={() => weights.refetch()} />
      ) : null}
      {allowed && weights.isPending ? <SkeletonLines count={6} label={t("title")} /> : null}
      {weights.data ? <WeightForm key={JSON.stringify(weights.data)} stored={weights.data} /> : null}
    </Page>
  );
}

type Typed = Record<WeigherName, string>;

function typedOf(weights: Weights): Typed {
  const text = (name: WeigherName) => String(weights[name]);
  return {
    memory: text("memory"),
    vcpus: text("vcpus"),
    disk: text("disk"),
    guests: text("guests"),
    failures: text("failures"),
  };
}

/** NaN where nothing sensible is typed: the schema refuses it. */
function weightsOf(typed: Typed): Weights {
  const number = (name: WeigherName) => (typed[name].trim() === "" ? Number.NaN : Number(typed[name]));
  return {
    memory: number("memory"),
    vcpus: number("vcpus"),
    disk: number("disk"),
    guests: number("guests"),
    failures: number("failures"),
  };
}

/** In words what a factor does. */
function effectOf(name: WeigherName, factor: number): string {
  if (!Number.isFinite(factor) || factor === 0) return "ignored";
  if (name === "failures") return "avoids";
  return factor > 0 ? "spreads" : "packs";
}

function WeightForm({ stored }: { stored: Weights }) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [typed, setTyped] = useState(() => typedOf(stored));
  const [failure, setFailure] = useState<Failure | null>(null);
  const save = useMutation(
    trpc.admin.placement.setWeights.mutationOptions({
      onSuccess: () => void queries.invalidateQueries({ queryKey: trpc.admin.placement.pathKey() }),
      onError: (thrown) => setFailure(failureOf(thrown)),
    }),
  );
  const weights = weightsOf(typed);
  const parsed = weightChanges.safeParse(weights);
  const wrong = new Set(parsed.error?.issues.map(({ path }) => path[0]));
  const same = weigherNames.every((name) => weights[name] === stored[name]);
  const submit = () => {
    setFailure(null);
    if (parsed.success && !same) save.mutate(parsed.data);
  };
  return (
    <form
      noValidate
      className="flex max-w-2xl flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {failure ? <FailureNotice failure={failure} /> : null}
      <ul className="flex flex-col divide-y border-y">
        {weigherNames.map((name) => (
          <li key={name} className="py-3">
            <Field
              label={t(`admin.placement.weighers.${name}.title`)}
              help={t(`admin.placement.weighers.${name}.${effectOf(name, weights[name])}`)}
              error={
                wrong.has(name)
                  ? t(`admin.placement.${name === "failures" ? "rangeUp" : "range"}`)
                  : undefined
              }
            >
              {(control) => (
                <Input
                  {...control}
                  type="number"
                  inputMode="decimal"
                  step="0.5"
                  min={name === "failures" ? 0 : -10}
                  max={10}
                  value={typed[name]}
                  className="w-28 tabular-nums"
                  onChange={(event) => setTyped({ ...typed, [name]: event.target.value })}
                />
              )}
            </Field>
          </li>
        ))}
      </ul>
      <div className="flex flex-wrap items-center gap-2">
        <Button
          type="submit"
          tone="primary"
          disabled={save.isPending}
          blocked={same ? t("admin.placement.unchanged") : null}
        >
          {t("admin.placement.save")}
        </Button>
        <Button onClick={() => setTyped(typedOf(defaultWeights))}>{t("admin.placement.defaults")}</Button>
      </div>
    </form>
  );
}
