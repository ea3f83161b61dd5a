"use client";

import { useQuery } from "@tanstack/react-query";
import { Ellipsis, Pencil, Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { NetworkDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { settlingMs } from "../list/pages.ts";
import { PortSection } from "../port/port-section.tsx";
import { Missing } from "../shell/missing.tsx";
import { Page } from "../shell/page.tsx";
import { ExactTime } from "../timeline/moment.tsx";
import { Timeline } from "../timeline/timeline.tsx";
import { IconButton } from "../ui/button.tsx";
import { CopyableId } from "../ui/copyable.tsx";
import { Fact } from "../ui/fact.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { Section } from "../ui/section.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { DeleteDialog } from "./delete-dialog.tsx";
import { EditNetworkDialog } from "./edit-network-dialog.tsx";
import { KindMark } from "./network-list-page.tsx";
import { StatusMark } from "./status-mark.tsx";
import { SubnetSection, useBlocked } from "./subnet-section.tsx";

const newestEvents = 6;

export function NetworkPage({ projectId, id }: { projectId: string; id: string }) {
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const network = useQuery(
    trpc.network.get.queryOptions(
      { projectId, id },
      { refetchInterval: ({ state }) => (state.data?.status === "BUILD" ? settlingMs : false) },
    ),
  );
  const failure = network.error ? failureOf(network.error) : null;
  if (failure && ["NotFound", "InvalidInput"].includes(failure.error.code)) return <Missing what="network" />;
  if (!network.data) {
    return (
      <div className="p-6">
        {failure ? (
          <FailureNotice failure={failure} onRetry={() => network.refetch()} />
        ) : (
          <SkeletonLines count={8} label={tCommon("loading")} />
        )}
      </div>
    );
  }
  return <Loaded projectId={projectId} network={network.data} />;
}

type NetworkProps = { projectId: string; network: NetworkDetail };

function Loaded({ projectId, network }: NetworkProps) {
  return (
    <Page
      title={network.name}
      heading={
        <>
          <span className="line-clamp-2 min-w-0 break-words">{network.name}</span>
          <KindMark network={network} />
          <span className="text-table font-normal">
            <StatusMark status={network.status} />
          </span>
        </>
      }
      about={network.description || null}
      actions={<NetworkActions projectId={projectId} network={network} />}
    >
      <div className="@container">
        <div className="grid gap-8 @4xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          <div className="flex min-w-0 flex-col gap-8">
            <SubnetSection projectId={projectId} network={network} />
            <PortSection projectId={projectId} network={network} />
          </div>
          <Facts projectId={projectId} network={network} />
        </div>
      </div>
    </Page>
  );
}

function NetworkActions({ projectId, network }: NetworkProps) {
  const t = useTranslations("networks");
  const router = useRouter();
  const blocked = useBlocked(projectId, network);
  const [dialog, setDialog] = useState<"edit" | "delete" | null>(null);
  return (
    <>
      <Menu
        trigger={
          <IconButton label={t("actions", { name: network.name })} tone="plain">
            <Ellipsis aria-hidden />
          </IconButton>
        }
      >
        <MenuItem
          icon={<Pencil aria-hidden />}
          blocked={blocked("network:update")}
          onSelect={() => setDialog("edit")}
        >
          {t("edit")}
        </MenuItem>
        <MenuItem
          danger
          icon={<Trash2 aria-hidden />}
          blocked={blocked("network:delete")}
          onSelect={() => setDialog("delete")}
        >
          {t("delete.network.verb")}
        </MenuItem>
      </Menu>
      {dialog === "edit" ? (
        <EditNetworkDialog projectId={projectId} network={network} onClose={() => setDialog(null)} />
      ) : null}
      {dialog === "delete" ? (
        <DeleteDialog
          projectId={projectId}
          doomed={{ kind: "network", id: network.id, name: network.name }}
          onClose={() => setDialog(null)}
          onDeleted={() => router.push(`/p/${projectId}/networks`)}
        />
      ) : null}
    </>
  );
}

function Facts({ projectId, network }: NetworkProps) {
  const t = useTranslations("networks");
  return (
    <Section title={t("facts")}>
      <dl>
        <Fact name={t("id")}>
          <CopyableId id={network.id} what={t("id")} whole />
        </Fact>
        <Fact name={t("columns.mtu")}>
          <span className="tabular-nums">{t("bytes", { count: network.mtu })}</span>
        </Fact>
        <Fact name={t("type")}>{t(`types.${network.type}`)}</Fact>
        <Fact name={t("columns.created")}>
          <ExactTime date={network.createdAt} />
        </Fact>
      </dl>
      <Timeline projectId={projectId} resourceId={network.id} pageSize={newestEvents} brief />
    </Section>
  );
}
