"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { failureOf } from "../../lib/failure.ts";
import type { TopologyView } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { InstancePanel } from "../instance/instance-panel.tsx";
import { Page } from "../shell/page.tsx";
import { ButtonLink } from "../ui/button.tsx";
import { EmptyState, YardDrawing } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Notice } from "../ui/notice.tsx";
import { Segments } from "../ui/segments.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { TopologyList } from "./topology-list.tsx";
import { TopologyMap } from "./topology-map.tsx";
import { TopologyPanel } from "./topology-panel.tsx";

/** While something is being applied, for that has no event of its own, ms. */
const watchMs = 2_000;

export function TopologyPage() {
  const t = useTranslations("topology");
  const tCommon = useTranslations("common");
  const projectId = useProjectId();
  const trpc = useTRPC();
  const [shape, setShape] = useQueryState("view");
  const [selected, setSelected] = useQueryState("selected");
  const topology = useQuery(
    trpc.network.topology.queryOptions(
      { projectId },
      { refetchInterval: ({ state }) => (state.data && isSettled(state.data) ? false : watchMs) },
    ),
  );
  const view = topology.data;
  const empty = view && view.instances.length === 0 && view.networks.every(({ external }) => external);
  const isList = shape === "list";
  return (
    <div className="flex">
      <div className="min-w-0 flex-1">
        <Page
          title={t("title")}
          about={t("about")}
          actions={
            <Segments
              label={t("view")}
              value={isList ? "list" : "map"}
              onChange={(next) => setShape(next === "list" ? "list" : null)}
              options={[
                { value: "map", label: t("asMap") },
                { value: "list", label: t("asList") },
              ]}
            />
          }
        >
          {topology.isError ? (
            <FailureNotice failure={failureOf(topology.error)} onRetry={() => topology.refetch()} />
          ) : null}
          {topology.isPending ? <SkeletonLines count={8} label={tCommon("loading")} /> : null}
          {empty ? <NothingYet projectId={projectId} /> : null}
          {view && view.instances.length < view.instanceTotal ? (
            <Notice>{t("truncated", { shown: view.instances.length, total: view.instanceTotal })}</Notice>
          ) : null}
          {view && !empty && isList ? <TopologyList projectId={projectId} view={view} /> : null}
          {view && !empty && !isList ? (
            <TopologyMap projectId={projectId} view={view} selected={selected} onSelect={setSelected} />
          ) : null}
        </Page>
      </div>
      {view && selected && !isList ? (
        <Panel projectId={projectId} view={view} selected={selected} onClose={() => setSelected(null)} />
      ) : null}
    </div>
  );
}

function isSettled({ networks, routers }: TopologyView): boolean {
  return networks.every(({ status }) => status === "ACTIVE") && routers.every(({ applied }) => applied);
}

function NothingYet({ projectId }: { projectId: string }) {
  const t = useTranslations("topology");
  return (
    <EmptyState drawing={<YardDrawing />} title={t("empty.title")} about={t("empty.about")}>
      <ButtonLink tone="primary" href={`/p/${projectId}/networks`}>
        {t("empty.networks")}
      </ButtonLink>
      <ButtonLink href={`/p/${projectId}/instances/launch`}>{t("empty.launch")}</ButtonLink>
    </EmptyState>
  );
}

type PanelProps = { projectId: string; view: TopologyView; selected: string; onClose: () => void };

/** An instance's node is known by its network and itself. */
function Panel({ projectId, view, selected, onClose }: PanelProps) {
  const id = selected.split("/").at(-1) ?? "";
  if (selected.includes("/"))
    return <InstancePanel key={id} projectId={projectId} id={id} onClose={onClose} />;
  return <TopologyPanel projectId={projectId} view={view} id={id} onClose={onClose} />;
}
