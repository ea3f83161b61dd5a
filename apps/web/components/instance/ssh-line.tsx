"use client";

import { sshCommand, sshUserOf } from "@madang/core/instance/ssh-user";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { InstanceDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { settlingMs } from "../list/pages.ts";
import { CopyButton } from "../ui/copyable.tsx";

/** How to reach the instance from outside; nothing where no floating IP leads to it. */
export function SshLine({ instance }: { instance: InstanceDetail }) {
  const t = useTranslations("sshPath");
  const trpc = useTRPC();
  const { projectId, id: instanceId } = instance;
  const imageName = instance.imageName ?? instance.bootVolume?.imageName ?? "";
  const floatingIps = useQuery({
    ...trpc.floatingIp.list.queryOptions({ projectId, filter: { instanceId }, limit: 10 }),
    refetchInterval: ({ state }) =>
      state.data?.items.some(({ status }) => status === "BUILD") ? settlingMs : false,
  });
  const items = floatingIps.data?.items ?? [];
  if (items.length === 0) return null;
  const ready = instance.status === "ACTIVE" ? items.filter(({ status }) => status === "ACTIVE") : [];
  return (
    <section aria-label={t("title")} className="flex flex-col gap-2 rounded-surface border bg-surface p-3">
      <h2 className="text-table font-semibold">{t(ready.length > 0 ? "ready" : "section")}</h2>
      {ready.length === 0 ? <p className="text-table text-muted">{t("notYet")}</p> : null}
      {ready.map(({ id, address }) => (
        <p key={id} className="flex items-center justify-between gap-2">
          <code className="min-w-0 font-mono text-table break-all">{sshCommand(imageName, address)}</code>
          <CopyButton text={sshCommand(imageName, address)} label={t("copy")} />
        </p>
      ))}
      {ready[0] && sshUserOf(imageName) === null ? (
        <p className="text-label text-muted">{t("userUnknown", { address: ready[0].address })}</p>
      ) : null}
    </section>
  );
}
