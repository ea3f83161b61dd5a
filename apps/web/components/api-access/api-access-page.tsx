"use client";

import { isWithin, rolesIn } from "@madang/core/identity/permission";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import type { CredentialRow, MadeCredential } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useMe } from "../../lib/use-me.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { Page } from "../shell/page.tsx";
import { Button } from "../ui/button.tsx";
import { EmptyState, KeyDrawing } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { CreateDialog } from "./create-dialog.tsx";
import { CredentialTable } from "./credential-table.tsx";
import { DeleteCredential } from "./delete-credential.tsx";
import { EndpointSection } from "./endpoint-section.tsx";
import { SecretDialog } from "./secret-dialog.tsx";

/** The API's largest page; one person has at most a hundred. */
const pageLimit = 500;
const skeletonRows = 3;

export function ApiAccessPage() {
  const t = useTranslations("apiAccess");
  const projectId = useProjectId();
  const trpc = useTRPC();
  const me = useMe();
  const [creating, setCreating] = useState(false);
  const [made, setMade] = useState<MadeCredential | null>(null);
  const [doomed, setDoomed] = useState<CredentialRow | null>(null);
  const credentials = useQuery(
    trpc.credential.list.queryOptions({ projectId, sort: "name", limit: pageLimit }),
  );
  const info = useQuery(trpc.system.info.queryOptions(undefined, { staleTime: 60_000 }));
  const rows = credentials.data?.items ?? [];
  const empty = credentials.isSuccess && rows.length === 0;
  const url = info.data?.url ?? "";
  const project = me.projects.find(({ id }) => id === projectId)?.name ?? projectId;
  const create = (
    <Button tone="primary" disabled={!info.data} onClick={() => setCreating(true)}>
      <Plus aria-hidden />
      {t("createOpen")}
    </Button>
  );
  return (
    <Page title={t("title")} about={t("about")} actions={empty ? null : create}>
      <EndpointSection url={url} projectId={projectId} />
      <section aria-label={t("credentials")} className="flex flex-col gap-2">
        <h2 className="text-lead font-semibold">{t("credentials")}</h2>
        {credentials.isError ? (
          <FailureNotice failure={failureOf(credentials.error)} onRetry={() => credentials.refetch()} />
        ) : null}
        {empty ? (
          <EmptyState heading="h2" drawing={<KeyDrawing />} title={t("empty.title")} about={t("empty.about")}>
            {create}
          </EmptyState>
        ) : (
          <CredentialTable
            rows={rows}
            withOwner={isWithin("manager", rolesIn(me.grants, projectId))}
            loadingRows={credentials.isPending ? skeletonRows : 0}
            onDelete={setDoomed}
          />
        )}
      </section>
      {creating ? (
        <CreateDialog
          projectId={projectId}
          onClose={() => setCreating(false)}
          onMade={(one) => {
            setCreating(false);
            setMade(one);
          }}
        />
      ) : null}
      {made ? <SecretDialog credential={{ ...made, url, project }} onClose={() => setMade(null)} /> : null}
      <DeleteCredential projectId={projectId} credential={doomed} onClose={() => setDoomed(null)} />
    </Page>
  );
}
