"use client";

import type { CrashPolicy } from "@madang/core/wire/guest";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { InstanceDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { Segments } from "../ui/segments.tsx";
import { useBlocked } from "./actions.tsx";

type CrashPolicyFieldProps = {
  value: CrashPolicy;
  onChange: (policy: CrashPolicy) => void;
  /** Why it can't be changed now. */
  blocked?: string | null;
};

/** What follows when an instance stops by itself though nobody wished it. */
export function CrashPolicyField({ value, onChange, blocked = null }: CrashPolicyFieldProps) {
  const t = useTranslations("crashPolicy");
  return (
    <div className="flex flex-col gap-1.5">
      <p className="text-table font-medium">{t("label")}</p>
      <Segments
        label={t("label")}
        value={value}
        disabled={blocked !== null}
        onChange={(next) => onChange(next === "stop" ? "stop" : "restart")}
        options={[
          { value: "restart", label: t("restart") },
          { value: "stop", label: t("stop") },
        ]}
      />
      <p className="text-label text-muted">{blocked ?? t(`${value}Help`)}</p>
    </div>
  );
}

/** The same for an instance that is there: chosen is changed. */
export function InstanceCrashPolicy({ instance }: { instance: InstanceDetail }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const blocked = useBlocked(instance.projectId);
  const update = useMutation(
    trpc.instance.update.mutationOptions({
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.instance.pathKey() }),
      onError: useFailureToast(),
    }),
  );
  const { projectId, id, crashPolicy } = instance;
  const chosen = update.isPending ? update.variables.crashPolicy : crashPolicy;
  return (
    <CrashPolicyField
      value={chosen ?? crashPolicy}
      blocked={blocked("protect", instance)}
      onChange={(next) => update.mutate({ projectId, id, crashPolicy: next })}
    />
  );
}
