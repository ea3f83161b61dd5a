"use client";

import { Check, CircleAlert, Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useFormContext } from "react-hook-form";
import type { Translate } from "../../lib/error-text.ts";
import type { SshPathRow } from "../../lib/rows.ts";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { Toggle } from "../ui/toggle.tsx";
import type { LaunchForm } from "./form-schema.ts";
import { useSshPath } from "./use-ssh-path.ts";

type Path = Extract<SshPathRow, { path: unknown }>;

/** On: what of the way from outside is there, and what the launch will make. */
export function ReachableField({ projectId }: { projectId: string }) {
  const t: Translate = useTranslations();
  const { watch, setValue } = useFormContext<LaunchForm>();
  const reachable = watch("reachable");
  const { answer, fault } = useSshPath(projectId);
  return (
    <div className="flex flex-col gap-3">
      <Toggle
        label={t("sshPath.toggle")}
        help={t("sshPath.help")}
        checked={reachable}
        onChange={(on) => setValue("reachable", on, { shouldDirty: true })}
      />
      {reachable ? (
        <div aria-live="polite" className="min-h-36 border-l-2 border-line pl-3">
          {answer ? null : <SkeletonLines count={4} label={t("sshPath.looking")} />}
          {fault ? (
            <p className="flex items-start gap-1.5 text-table text-danger">
              <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
              {t(`errors.${fault.reason}`, { name: fault.name })}
            </p>
          ) : null}
          {answer && "path" in answer ? <PathLines answer={answer} /> : null}
        </div>
      ) : null}
    </div>
  );
}

function PathLines({ answer }: { answer: Path }) {
  const t = useTranslations("sshPath");
  return (
    <>
      <p className="mb-1.5 text-label font-medium text-muted">{t("willMake")}</p>
      <ul className="flex flex-col gap-1">
        {linesOf(answer).map(({ words, values, made }) => (
          <li key={words} className="flex items-start gap-1.5 text-table">
            {made ? (
              <Plus aria-hidden className="mt-0.5 size-4 shrink-0 text-accent" />
            ) : (
              <Check aria-hidden className="mt-0.5 size-4 shrink-0 text-muted" />
            )}
            <span className={made ? "" : "text-muted"}>{t(words, values)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

const routerWords = {
  there: "routerThere",
  gateway: "routerGateway",
  interface: "routerInterface",
  made: "routerMade",
} as const;
const groupWords = { there: "groupThere", added: "groupAdded", made: "groupMade" } as const;

type Line = {
  words:
    | "networkMade"
    | "networkThere"
    | (typeof routerWords)[keyof typeof routerWords]
    | (typeof groupWords)[keyof typeof groupWords]
    | "floatingIps";
  values: Record<string, string | number>;
  made: boolean;
};

function linesOf({ path: { network, subnet, router, group, external }, usage }: Path): Line[] {
  return [
    {
      words: network.kind === "made" ? "networkMade" : "networkThere",
      values: { name: network.name, cidr: subnet.cidr },
      made: network.kind === "made",
    },
    {
      words: routerWords[router.kind],
      values: { name: router.name, external: external.name },
      made: router.kind !== "there",
    },
    { words: groupWords[group.kind], values: { name: group.name }, made: group.kind === "made" },
    {
      words: "floatingIps",
      values: { count: usage.floating_ips ?? 0, external: external.name },
      made: true,
    },
  ];
}
