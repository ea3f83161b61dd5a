"use client";

import { useQuery } from "@tanstack/react-query";
import { Ellipsis, Pencil, Trash2 } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { PortRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { DeleteDialog } from "../network/delete-dialog.tsx";
import { StatusMark } from "../network/status-mark.tsx";
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
import { useDeleteBlocked } from "./port-columns.tsx";
import { PortDialog } from "./port-dialog.tsx";
import { PortUser, portName } from "./port-user.tsx";

const newestEvents = 6;
const waitingMs = 3_000;

export function PortPage({ projectId, id }: { projectId: string; id: string }) {
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const port = useQuery(
    trpc.port.get.queryOptions(
      { projectId, id },
      { refetchInterval: ({ state }) => (state.data?.status === "BUILD" ? waitingMs : false) },
    ),
  );
  const failure = port.error ? failureOf(port.error) : null;
  if (failure && ["NotFound", "InvalidInput"].includes(failure.error.code)) return <Missing what="port" />;
  if (!port.data) {
    return (
      <div className="p-6">
        {failure ? (
          <FailureNotice failure={failure} onRetry={() => port.refetch()} />
        ) : (
          <SkeletonLines count={8} label={tCommon("loading")} />
        )}
      </div>
    );
  }
  return <Loaded projectId={projectId} port={port.data} />;
}

type PortProps = { projectId: string; port: PortRow };

function Loaded({ projectId, port }: PortProps) {
  const t = useTranslations("ports");
  return (
    <Page
      title={portName(port)}
      heading={
        <>
          <span className="line-clamp-2 min-w-0 break-words">{portName(port)}</span>
          <span className="text-table font-normal">
            <StatusMark status={port.status} />
          </span>
        </>
      }
      about={port.description || null}
      actions={<PortActions projectId={projectId} port={port} />}
    >
      <div className="@container">
        <div className="grid gap-8 @4xl:grid-cols-2">
          <Section title={t("facts")}>
            <Facts projectId={projectId} port={port} />
          </Section>
          <Section title={t("activity")}>
            <Timeline projectId={projectId} resourceId={port.id} pageSize={newestEvents} brief />
          </Section>
        </div>
      </div>
    </Page>
  );
}

function Facts({ projectId, port }: PortProps) {
  const t = useTranslations("ports");
  const tFacts = useTranslations("facts");
  const none = <span className="text-muted">{tFacts("none")}</span>;
  return (
    <dl>
      <Fact name={t("columns.network")}>
        <Link
          href={`/p/${projectId}/networks/${port.networkId}`}
          className="break-words hover:text-accent hover:underline"
        >
          {port.networkName}
        </Link>
      </Fact>
      <Fact name={t("columns.user")}>
        <PortUser projectId={projectId} port={port} />
      </Fact>
      <Fact name={t("addresses")}>
        {port.addresses.length === 0 ? none : null}
        <span className="flex flex-col">
          {port.addresses.map(({ address, floatingIp }) => (
            <code key={address} className="font-mono">
              {floatingIp === null ? address : `${address} → ${floatingIp}`}
            </code>
          ))}
        </span>
      </Fact>
      <Fact name={t("columns.mac")}>
        <code className="font-mono">{port.mac}</code>
      </Fact>
      <Fact name={t("portSecurity")}>{t(port.portSecurity ? "on" : "off")}</Fact>
      <Fact name={t("securityGroups")}>
        {port.securityGroups.length === 0 ? none : null}
        <span className="flex flex-wrap gap-x-2">
          {port.securityGroups.map(({ id, name }) => (
            <Link
              key={id}
              href={`/p/${projectId}/security-groups/${id}`}
              className="break-words hover:text-accent hover:underline"
            >
              {name}
            </Link>
          ))}
        </span>
      </Fact>
      <Fact name={t("pairs")}>
        {port.allowedAddressPairs.length === 0 ? none : null}
        <span className="flex flex-col font-mono">
          {port.allowedAddressPairs.map(({ address, mac }) => (
            <code key={`${address}${mac}`}>{mac === null ? address : `${address} · ${mac}`}</code>
          ))}
        </span>
      </Fact>
      <Fact name={t("id")}>
        <CopyableId id={port.id} what={t("id")} whole />
      </Fact>
      <Fact name={t("created")}>
        <ExactTime date={port.createdAt} />
      </Fact>
    </dl>
  );
}

function PortActions({ projectId, port }: PortProps) {
  const t = useTranslations();
  const router = useRouter();
  const allowed = usePermission("port:update", projectId);
  const deleteBlocked = useDeleteBlocked(projectId);
  const [dialog, setDialog] = useState<"edit" | "delete" | null>(null);
  const own = port.owner === "none" || port.owner === "instance";
  const editBlocked = allowed ? null : t("reasons.notPermitted");
  return (
    <>
      <Menu
        trigger={
          <IconButton label={t("ports.actions", { name: portName(port) })} tone="plain">
            <Ellipsis aria-hidden />
          </IconButton>
        }
      >
        <MenuItem
          icon={<Pencil aria-hidden />}
          blocked={editBlocked ?? (own ? null : t("ports.notEditable"))}
          onSelect={() => setDialog("edit")}
        >
          {t("ports.edit")}
        </MenuItem>
        <MenuItem
          danger
          icon={<Trash2 aria-hidden />}
          blocked={deleteBlocked(port)}
          onSelect={() => setDialog("delete")}
        >
          {t("networks.delete.port.verb")}
        </MenuItem>
      </Menu>
      {dialog === "edit" ? (
        <PortDialog projectId={projectId} networkId={null} port={port} onClose={() => setDialog(null)} />
      ) : null}
      {dialog === "delete" ? (
        <DeleteDialog
          projectId={projectId}
          doomed={{ kind: "port", id: port.id, name: portName(port) }}
          onClose={() => setDialog(null)}
          onDeleted={() => router.push(`/p/${projectId}/ports`)}
        />
      ) : null}
    </>
  );
}
