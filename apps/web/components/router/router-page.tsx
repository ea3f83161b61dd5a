"use client";

import { useQuery } from "@tanstack/react-query";
import { Ellipsis, Pencil, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { RouterDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { settlingMs } from "../list/pages.ts";
import { Missing } from "../shell/missing.tsx";
import { Page } from "../shell/page.tsx";
import { ExactTime } from "../timeline/moment.tsx";
import { Timeline } from "../timeline/timeline.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { CopyableId } from "../ui/copyable.tsx";
import { Fact } from "../ui/fact.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { Section } from "../ui/section.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { DeleteRouterDialog } from "./delete-router-dialog.tsx";
import { EditRouterDialog } from "./edit-router-dialog.tsx";
import { GatewaySection } from "./gateway-section.tsx";
import { InterfaceSection } from "./interface-section.tsx";
import { RouteSection } from "./route-section.tsx";
import { isBeingSetUp, RouterState } from "./router-state.tsx";

const newestEvents = 6;

export function RouterPage({ projectId, id }: { projectId: string; id: string }) {
  const tCommon = useTranslations("common");
  const tReasons = useTranslations("reasons");
  const trpc = useTRPC();
  const router = useQuery({
    ...trpc.router.get.queryOptions({ projectId, id }),
    refetchInterval: ({ state }) => (state.data && isBeingSetUp(state.data) ? settlingMs : false),
  });
  const blocked = usePermission("router:update", projectId) ? null : tReasons("notPermitted");
  const failure = router.error ? failureOf(router.error) : null;
  if (failure && ["NotFound", "InvalidInput"].includes(failure.error.code)) return <Missing what="router" />;
  if (!router.data) {
    return (
      <div className="p-6">
        {failure ? (
          <FailureNotice failure={failure} onRetry={() => router.refetch()} />
        ) : (
          <SkeletonLines count={8} label={tCommon("loading")} />
        )}
      </div>
    );
  }
  return (
    <Page
      title={router.data.name}
      heading={
        <span className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
          <span className="line-clamp-2 min-w-0 break-words">{router.data.name}</span>
          <span className="text-table font-normal">
            <RouterState router={router.data} />
          </span>
        </span>
      }
      about={router.data.description || null}
      actions={<RouterActions router={router.data} />}
    >
      <div className="@container">
        <div className="grid gap-8 @4xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          <div className="flex min-w-0 flex-col gap-8">
            <InterfaceSection router={router.data} blocked={blocked} />
            <RouteSection router={router.data} blocked={blocked} />
          </div>
          <div className="flex min-w-0 flex-col gap-8">
            <GatewaySection router={router.data} blocked={blocked} />
            <Facts router={router.data} />
          </div>
        </div>
      </div>
    </Page>
  );
}

function Facts({ router }: { router: RouterDetail }) {
  const t = useTranslations("routers");
  return (
    <Section title={t("facts")}>
      <dl>
        <Fact name={t("id")}>
          <CopyableId id={router.id} what={t("id")} whole />
        </Fact>
        <Fact name={t("createdAt")}>
          <ExactTime date={router.createdAt} />
        </Fact>
      </dl>
      <Timeline projectId={router.projectId} resourceId={router.id} pageSize={newestEvents} brief />
    </Section>
  );
}

function RouterActions({ router }: { router: RouterDetail }) {
  const t = useTranslations("routers");
  const tReasons = useTranslations("reasons");
  const mayUpdate = usePermission("router:update", router.projectId);
  const mayDelete = usePermission("router:delete", router.projectId);
  const [asked, setAsked] = useState<"edit" | "delete" | null>(null);
  const count = router.interfaces.length;
  const connected = count > 0 ? t("hasInterfaces", { count }) : null;
  const notPermitted = tReasons("notPermitted");
  return (
    <>
      <Button blocked={mayUpdate ? null : notPermitted} onClick={() => setAsked("edit")}>
        <Pencil aria-hidden />
        {t("edit")}
      </Button>
      <Menu
        trigger={
          <IconButton tone="plain" label={t("menu", { name: router.name })}>
            <Ellipsis aria-hidden />
          </IconButton>
        }
      >
        <MenuItem
          danger
          icon={<Trash2 aria-hidden />}
          blocked={mayDelete ? connected : notPermitted}
          onSelect={() => setAsked("delete")}
        >
          {t("delete")}
        </MenuItem>
      </Menu>
      {asked === "edit" ? <EditRouterDialog router={router} onClose={() => setAsked(null)} /> : null}
      {asked === "delete" ? <DeleteRouterDialog router={router} onClose={() => setAsked(null)} /> : null}
    </>
  );
}
