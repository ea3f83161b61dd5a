"use client";

import { anyNetworkFields } from "@madang/core/filter/network-fields";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { AnyNetworkRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { ListPage } from "../list/list-page.tsx";
import { pageSize, paging, whileAny } from "../list/pages.ts";
import { useListView } from "../list/use-list-view.ts";
import { NetworkDrawing } from "../network/network-drawing.tsx";
import { SubnetDialog } from "../network/subnet-dialog.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { useCloudNetworkColumns } from "./cloud-network-columns.tsx";
import { CloudNetworkDialog } from "./cloud-network-dialog.tsx";

type Asked = { kind: "create" } | { kind: "subnet" | "delete"; network: AnyNetworkRow };

/** The networks of all projects and of the cloud; what belongs to the cloud is made and changed here. */
export function CloudNetworkPage() {
  const t = useTranslations("cloudNetworks");
  const trpc = useTRPC();
  const blocked = useRefusal("network:manage", null);
  const view = useListView("name");
  const [asked, setAsked] = useState<Asked | null>(null);
  const { filter, sort } = view;
  const query = useInfiniteQuery({
    ...trpc.admin.network.list.infiniteQueryOptions({ filter, sort, limit: pageSize }, paging),
    refetchInterval: whileAny<AnyNetworkRow>(({ status }) => status === "BUILD"),
  });
  const close = () => setAsked(null);
  const onAsk = (kind: "subnet" | "delete", network: AnyNetworkRow) => setAsked({ kind, network });
  return (
    <ListPage
      section="cloudNetworks"
      view={view}
      fields={anyNetworkFields}
      query={query}
      columns={useCloudNetworkColumns({ blocked, onAsk })}
      drawing={<NetworkDrawing />}
      actions={[{ word: t("create"), blocked, onClick: () => setAsked({ kind: "create" }) }]}
      file={{ name: "cloud-networks" }}
      help={["network", "subnet", "router", "floatingIp"]}
    >
      {asked?.kind === "create" ? <CloudNetworkDialog onClose={close} /> : null}
      {asked?.kind === "subnet" ? (
        <SubnetDialog projectId={null} network={asked.network} subnet={null} onClose={close} />
      ) : null}
      {asked?.kind === "delete" ? <DeleteCloudNetwork network={asked.network} onClose={close} /> : null}
    </ListPage>
  );
}

function DeleteCloudNetwork({ network, onClose }: { network: AnyNetworkRow; onClose: () => void }) {
  const t = useTranslations("networks.delete.network");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [failure, setFailure] = useState<Failure | null>(null);
  const remove = useMutation(
    trpc.admin.network.delete.mutationOptions({
      onSuccess: onClose,
      onError: (thrown) => setFailure(failureOf(thrown)),
      onSettled: () => queries.invalidateQueries({ queryKey: trpc.admin.network.pathKey() }),
    }),
  );
  return (
    <ConfirmDialog
      open
      danger
      pending={remove.isPending}
      onClose={onClose}
      title={t("title", { name: network.name })}
      about={t("about")}
      verb={t("verb")}
      typed={null}
      onConfirm={() => {
        setFailure(null);
        remove.mutate({ id: network.id });
      }}
    >
      {failure ? <FailureNotice failure={failure} /> : null}
    </ConfirmDialog>
  );
}
