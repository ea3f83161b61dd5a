"use client";

import { useMessages, useTranslations } from "next-intl";
import { z } from "zod";
import type { Translate } from "../../lib/error-text.ts";
import { Select } from "../ui/input.tsx";
import { Segments } from "../ui/segments.tsx";
import { kindWords } from "./words.ts";

export type Narrowing = { mine: boolean; state: string; kind: string };
export const everything: Narrowing = { mine: false, state: "", kind: "" };
const states = ["succeeded", "failed", "cancelled"] as const;

type Tree = { [key: string]: string | Tree };
const tree: z.ZodType<Tree> = z.lazy(() => z.record(z.string(), z.union([z.string(), tree])));

/** Every kind of long work that has words. */
function useKinds(): string[] {
  const messages = useMessages();
  const paths = (node: string | Tree, path: string): string[] =>
    typeof node === "string"
      ? [path]
      : Object.entries(node).flatMap(([key, below]) => paths(below, path ? `${path}.${key}` : key));
  return paths(tree.catch({}).parse(messages.operationKinds), "");
}

/** Whose, of which kind and how it ended. */
export function OperationFilters({
  value,
  onChange,
}: {
  value: Narrowing;
  onChange: (value: Narrowing) => void;
}) {
  const t: Translate = useTranslations();
  const kinds = useKinds();
  return (
    <search className="flex flex-wrap items-center gap-2">
      <Segments
        label={t("operations.whose")}
        value={value.mine ? "mine" : "all"}
        onChange={(whose) => onChange({ ...value, mine: whose === "mine" })}
        options={[
          { value: "all", label: t("operations.everyone") },
          { value: "mine", label: t("operations.mine") },
        ]}
      />
      <Select
        className="w-auto max-w-40"
        aria-label={t("operations.stateLabel")}
        value={value.state}
        onChange={(event) => onChange({ ...value, state: event.target.value })}
      >
        <option value="">{t("operations.anyEnd")}</option>
        {states.map((state) => (
          <option key={state} value={state}>
            {t(`operationStates.${state}`)}
          </option>
        ))}
      </Select>
      <Select
        className="w-auto max-w-44"
        aria-label={t("operations.kindLabel")}
        value={value.kind}
        onChange={(event) => onChange({ ...value, kind: event.target.value })}
      >
        <option value="">{t("operations.anyKind")}</option>
        {kinds.map((kind) => (
          <option key={kind} value={kind}>
            {kindWords(t, kind)}
          </option>
        ))}
      </Select>
    </search>
  );
}
