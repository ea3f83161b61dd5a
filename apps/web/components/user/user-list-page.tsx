"use client";

import { userFields } from "@madang/core/filter/people-fields";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useRefusal } from "../../lib/use-permission.ts";
import { ChoiceFilter } from "../list/choice-filter.tsx";
import { ListPage } from "../list/list-page.tsx";
import { useListView } from "../list/use-list-view.ts";
import { YardDrawing } from "../ui/empty-state.tsx";
import { useUsers } from "./use-users.ts";
import { useUserColumns } from "./user-columns.tsx";
import { UserDialog } from "./user-dialog.tsx";

const states = ["enabled", "disabled"] as const;

/** Everybody who can sign in. */
export function UserListPage() {
  const t = useTranslations("admin.users");
  const blocked = useRefusal("user:manage", null);
  const view = useListView("name", ["state"]);
  const [creating, setCreating] = useState(false);
  const state = states.find((one) => one === view.chosen("state"));
  const query = useUsers({ ...view.filter, ...(state ? { state } : {}) }, view.sort);
  return (
    <ListPage
      section="admin.users"
      view={view}
      fields={userFields}
      query={query}
      columns={useUserColumns()}
      drawing={<YardDrawing />}
      actions={[{ word: t("create"), blocked, onClick: () => setCreating(true) }]}
      file={{ name: "users", query: { state: state ?? null } }}
      help={["role", "group", "project", "secondFactor"]}
      filters={
        <ChoiceFilter
          label={t("state")}
          any={t("anyState")}
          value={state ?? null}
          options={states.map((one) => ({ value: one, label: t(one) }))}
          onChoose={(value) => view.change({ state: value })}
        />
      }
      skeletonRows={6}
      hrefOf={(id) => `/admin/users/${id}`}
    >
      {creating ? <UserDialog user={null} onClose={() => setCreating(false)} /> : null}
    </ListPage>
  );
}
