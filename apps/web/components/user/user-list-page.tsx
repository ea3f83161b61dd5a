"use client";

import { Plus } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { failureOf } from "../../lib/failure.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { useQueryState } from "../../lib/use-query-state.ts";
import { MoreRows } from "../instance/more-rows.tsx";
import { Page } from "../shell/page.tsx";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Select } from "../ui/input.tsx";
import { TextFilter } from "../ui/text-filter.tsx";
import { useUsers } from "./use-users.ts";
import { UserDialog } from "./user-dialog.tsx";
import { UserTable } from "./user-table.tsx";

const skeletonRows = 6;
const states = ["enabled", "disabled"] as const;

/** Everybody who can sign in. */
export function UserListPage() {
  const t = useTranslations("admin.users");
  const tReasons = useTranslations("reasons");
  const router = useRouter();
  const allowed = usePermission("user:manage", null);
  const [text, setText] = useQueryState("q");
  const [stateText, setState] = useQueryState("state");
  const [sort, setSort] = useQueryState("sort");
  const [creating, setCreating] = useState(false);
  const state = states.find((one) => one === stateText);
  const filter = { ...(text ? { text } : {}), ...(state ? { state } : {}) };
  const { query, rows, total, exact } = useUsers(filter, sort ?? "name");
  const empty = query.isSuccess && rows.length === 0;
  const filtered = Boolean(text || state);
  const add = (
    <Button
      tone="primary"
      blocked={allowed ? null : tReasons("notPermitted")}
      onClick={() => setCreating(true)}
    >
      <Plus aria-hidden />
      {t("create")}
    </Button>
  );
  const clear = () => {
    setText(null);
    setState(null);
  };
  return (
    <Page title={t("title")} about={t("about")} actions={add}>
      {query.isError ? (
        <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />
      ) : null}
      <div className="@container flex flex-col gap-3">
        <div className="flex flex-wrap items-center justify-between gap-2">
          <search className="flex flex-wrap items-center gap-2 max-sm:w-full">
            <TextFilter text={text ?? ""} label={t("filter")} onText={setText} />
            <Select
              className="w-auto"
              aria-label={t("state")}
              value={state ?? ""}
              onChange={(event) => setState(event.target.value || null)}
            >
              <option value="">{t("anyState")}</option>
              {states.map((one) => (
                <option key={one} value={one}>
                  {t(one)}
                </option>
              ))}
            </Select>
          </search>
          <p role="status" className="text-label text-muted tabular-nums">
            {query.isSuccess ? t(exact ? "total" : "totalOver", { count: total }) : ""}
          </p>
        </div>
        {empty ? (
          <EmptyState
            title={filtered ? t("nothing") : t("empty.title")}
            about={filtered ? null : t("empty.about")}
          >
            {filtered ? <Button onClick={clear}>{t("clear")}</Button> : add}
          </EmptyState>
        ) : (
          <UserTable
            rows={rows}
            loadingRows={query.isPending ? skeletonRows : 0}
            sort={sort ?? "name"}
            onSort={setSort}
            onOpen={(user) => router.push(`/admin/users/${user.id}`)}
          />
        )}
        <MoreRows query={query} shown={rows.length} total={total} />
      </div>
      {creating ? <UserDialog user={null} onClose={() => setCreating(false)} /> : null}
    </Page>
  );
}
