"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { useFormatter, useNow, useTranslations } from "next-intl";
import { useEffect, useRef, useState } from "react";
import type { ManagedProject } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { Button } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { Meter } from "../ui/meter.tsx";

type Deletion = NonNullable<ManagedProject["deletion"]>;
type Left = Deletion["left"][number];

/** The deletion as it goes on: how far, what is left, and for whom it waits. */
export function DeletionSection({ project, deletion }: { project: ManagedProject; deletion: Deletion }) {
  const t = useTranslations("admin.projects.deletion");
  const format = useFormatter();
  const now = useNow({ updateInterval: 10_000 });
  const [forcing, setForcing] = useState<Left | null>(null);
  const frame = useRef<HTMLElement>(null);
  // It was asked for at the foot of the page, and this stands at its head.
  useEffect(() => {
    // In newer browsers it answers a promise, which React would take for what ends the effect.
    frame.current?.scrollIntoView({ block: "end" });
  }, []);
  const more = project.goes.instances - deletion.left.length;
  const percent = project.percent ?? 0;
  const when = format.relativeTime(deletion.startedAt > now ? now : deletion.startedAt, now);
  return (
    <section
      ref={frame}
      className="flex flex-col gap-3 rounded-surface border border-changing/40 bg-changing-soft p-4"
    >
      <Meter
        label={t("title", { percent })}
        words={t("by", { actor: deletion.by, when })}
        used={percent}
        limit={100}
      />
      {deletion.left.length > 0 ? (
        <>
          <p className="text-table">{t("left", { count: project.goes.instances })}</p>
          <ul className="flex flex-col gap-1">
            {deletion.left.map((instance) => (
              <LeftInstance key={instance.id} instance={instance} onForce={() => setForcing(instance)} />
            ))}
            {more > 0 ? <li className="text-table text-muted">{t("more", { count: more })}</li> : null}
          </ul>
        </>
      ) : null}
      {forcing ? <ForceDialog instance={forcing} onClose={() => setForcing(null)} /> : null}
    </section>
  );
}

function LeftInstance({ instance, onForce }: { instance: Left; onForce: () => void }) {
  const t = useTranslations("admin.projects.deletion");
  const tReasons = useTranslations("reasons");
  const allowed = usePermission("instance:force_delete", null);
  const { hypervisor } = instance;
  const waits = hypervisor?.state === "down";
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 text-table">
      <span className="font-medium break-all">{instance.name}</span>
      {hypervisor ? (
        <span className="flex items-center gap-1.5 text-label text-muted">
          {waits ? <TriangleAlert aria-hidden className="size-3.5 text-changing" /> : null}
          {t(waits ? "waits" : "on", { name: hypervisor.name })}
        </span>
      ) : null}
      {instance.forced ? <span className="text-label text-muted">{t("forced")}</span> : null}
      {waits && !instance.forced ? (
        <Button
          size="small"
          tone="dangerQuiet"
          blocked={allowed ? null : tReasons("notPermitted")}
          onClick={onForce}
        >
          {t("force")}
        </Button>
      ) : null}
    </li>
  );
}

function ForceDialog({ instance, onClose }: { instance: Left; onClose: () => void }) {
  const t = useTranslations("admin.projects.deletion");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const force = useMutation(
    trpc.admin.instance.forceDelete.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.admin.project.pathKey() }),
      onError: fail,
      onSettled: onClose,
    }),
  );
  return (
    <ConfirmDialog
      open
      danger
      pending={force.isPending}
      onClose={onClose}
      title={t("forceTitle", { name: instance.name })}
      about={t("forceAbout")}
      verb={t("force")}
      onConfirm={() => force.mutate({ id: instance.id })}
    />
  );
}
