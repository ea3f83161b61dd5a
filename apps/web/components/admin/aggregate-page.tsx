"use client";

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { AggregateRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useFailureToast } from "../../lib/use-failure-toast.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { ListPage } from "../list/list-page.tsx";
import { pageSize, paging } from "../list/pages.ts";
import { useListView } from "../list/use-list-view.ts";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { YardDrawing } from "../ui/empty-state.tsx";
import { useAggregateColumns } from "./aggregate-columns.tsx";
import { AggregateDialog } from "./aggregate-dialog.tsx";

type Asked = { kind: "create" } | { kind: "edit" | "delete"; aggregate: AggregateRow };

/** Hypervisors that have something in common, and what flavors make of it. */
export function AggregatePage() {
  const t = useTranslations("admin.aggregates");
  const trpc = useTRPC();
  const blocked = useRefusal("aggregate:manage", null);
  const view = useListView("name");
  const [asked, setAsked] = useState<Asked | null>(null);
  const { filter, sort } = view;
  const query = useInfiniteQuery(
    trpc.admin.aggregate.list.infiniteQueryOptions({ filter, sort, limit: pageSize }, paging),
  );
  const close = () => setAsked(null);
  const onAsk = (kind: "edit" | "delete", aggregate: AggregateRow) => setAsked({ kind, aggregate });
  return (
    <ListPage
      section="admin.aggregates"
      view={view}
      query={query}
      columns={useAggregateColumns({ blocked, onAsk })}
      drawing={<YardDrawing />}
      actions={[{ word: t("create"), blocked, onClick: () => setAsked({ kind: "create" }) }]}
      file={{ name: "aggregates" }}
      help={["aggregate", "zone", "flavor"]}
    >
      {asked?.kind === "create" || asked?.kind === "edit" ? (
        <AggregateDialog aggregate={asked.kind === "edit" ? asked.aggregate : null} onClose={close} />
      ) : null}
      {asked?.kind === "delete" ? <DeleteAggregate aggregate={asked.aggregate} onClose={close} /> : null}
    </ListPage>
  );
}

/** Says what depends on it before it goes. */
function DeleteAggregate({ aggregate, onClose }: { aggregate: AggregateRow; onClose: () => void }) {
  const t = useTranslations("admin.aggregates");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const fail = useFailureToast();
  const remove = useMutation(
    trpc.admin.aggregate.delete.mutationOptions({
      onSuccess: () => void queries.invalidateQueries({ queryKey: trpc.admin.aggregate.pathKey() }),
      onError: fail,
      onSettled: onClose,
    }),
  );
  const { flavors, hypervisors } = aggregate;
  return (
    <ConfirmDialog
      open
      danger
      pending={remove.isPending}
      onClose={onClose}
      title={t("deleteTitle", { name: aggregate.name })}
      about={
        <>
          <p>{t("deleteAbout", { count: hypervisors.length })}</p>
          {flavors.length > 0 ? (
            <p className="mt-2 text-text">{t("deleteFlavors", { flavors: flavors.join(", ") })}</p>
          ) : null}
        </>
      }
      verb={t("delete")}
      onConfirm={() => remove.mutate({ id: aggregate.id })}
    />
  );
}
