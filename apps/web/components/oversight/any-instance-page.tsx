"use client";

import { anyInstanceFields } from "@madang/core/filter/instance-fields";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useTRPC } from "../../lib/trpc.ts";
import { InstanceActionsProvider } from "../instance/actions.tsx";
import { StatusFilter } from "../instance/status-filter.tsx";
import { whileChanging } from "../instance/use-instances.ts";
import { ChoiceFilter } from "../list/choice-filter.tsx";
import { ListPage } from "../list/list-page.tsx";
import { pageSize, paging } from "../list/pages.ts";
import { type ListView, useListView } from "../list/use-list-view.ts";
import { YardDrawing } from "../ui/empty-state.tsx";
import { useAnyInstanceColumns } from "./any-instance-columns.tsx";

/** As many as one would look through in a list to choose from. */
const mostChoices = 200;
const filters = ["status", "hypervisor", "zone"] as const;
type View = ListView<(typeof filters)[number]>;

/** The instances of all projects. What is filtered and sorted stands in the address. */
export function AnyInstancePage() {
  const trpc = useTRPC();
  const view = useListView("-createdAt", filters);
  const status = view.chosen("status");
  const hypervisorId = view.chosen("hypervisor");
  const zone = view.chosen("zone");
  const filter = {
    ...view.filter,
    ...(status ? { status: status.split(",") } : {}),
    ...(hypervisorId ? { hypervisorId } : {}),
    ...(zone ? { zone } : {}),
  };
  const query = useInfiniteQuery({
    ...trpc.admin.instance.list.infiniteQueryOptions({ filter, sort: view.sort, limit: pageSize }, paging),
    refetchInterval: whileChanging,
  });
  return (
    <InstanceActionsProvider>
      <ListPage
        section="anyInstances"
        view={view}
        fields={anyInstanceFields}
        query={query}
        columns={useAnyInstanceColumns()}
        drawing={<YardDrawing />}
        file={{ name: "instances", query: { status, hypervisorId, zone } }}
        help={["instance", "project", "zone", "flavor"]}
        filters={<Filters view={view} />}
        skeletonRows={8}
      />
    </InstanceActionsProvider>
  );
}

function Filters({ view }: { view: View }) {
  const t = useTranslations("anyInstances");
  const trpc = useTRPC();
  const once = { staleTime: 60_000 };
  const hypervisors = useQuery(trpc.admin.hypervisor.list.queryOptions({ limit: mostChoices }, once));
  const zones = useQuery(trpc.zone.list.queryOptions({ limit: mostChoices }, once));
  return (
    <>
      <StatusFilter status={view.chosen("status")} onStatus={(status) => view.change({ status })} />
      <ChoiceFilter
        label={t("hypervisorLabel")}
        any={t("anyHypervisor")}
        value={view.chosen("hypervisor")}
        options={(hypervisors.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        onChoose={(hypervisor) => view.change({ hypervisor })}
      />
      <ChoiceFilter
        label={t("zoneLabel")}
        any={t("anyZone")}
        value={view.chosen("zone")}
        options={(zones.data?.items ?? []).map(({ name }) => ({ value: name, label: name }))}
        onChoose={(zone) => view.change({ zone })}
      />
    </>
  );
}
