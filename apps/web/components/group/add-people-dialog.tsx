"use client";

import { wordFilter } from "@madang/core/filter/print";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { GroupDetail, UserRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { rowsOf } from "../list/pages.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { TextFilter } from "../ui/text-filter.tsx";
import { useUsers } from "../user/use-users.ts";

const foundAtOnce = 20;

/** Finds users by what is typed and gathers those that are ticked, over as many searches as it takes. */
export function AddPeopleDialog({ group, onClose }: { group: GroupDetail; onClose: () => void }) {
  const t = useTranslations("admin.groups");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<ReadonlyMap<string, string>>(new Map());
  const [failure, setFailure] = useState<Failure | null>(null);
  const add = useMutation(
    trpc.admin.group.setMembers.mutationOptions({
      onSuccess: onClose,
      onError: (thrown) => setFailure(failureOf(thrown)),
      onSettled: () => void queries.invalidateQueries({ queryKey: trpc.admin.pathKey() }),
    }),
  );
  const toggle = ({ id, name }: Pick<UserRow, "id" | "name">) => {
    const next = new Map(chosen);
    if (!next.delete(id)) next.set(id, name);
    setChosen(next);
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("addTitle", { name: group.name })}
      footer={
        <>
          <Button onClick={onClose}>{tCommon("cancel")}</Button>
          <Button
            tone="primary"
            disabled={add.isPending || chosen.size === 0}
            onClick={() => add.mutate({ id: group.id, add: [...chosen.keys()] })}
          >
            {t("addVerb", { count: chosen.size })}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        {failure ? <FailureNotice failure={failure} /> : null}
        <search>
          <TextFilter text={text} label={t("find")} onText={(typed) => setText(typed ?? "")} />
        </search>
        <Found group={group} text={text} chosen={chosen} onToggle={toggle} />
        <p role="status" className="text-label text-muted">
          {t("chosen", { count: chosen.size })}
        </p>
        <ul className="flex flex-wrap gap-1.5 empty:hidden">
          {[...chosen].map(([id, name]) => (
            <li key={id}>
              <Button size="small" className="max-w-56" onClick={() => toggle({ id, name })}>
                <span className="truncate">{name}</span>
                <X aria-hidden />
              </Button>
            </li>
          ))}
        </ul>
      </div>
    </Dialog>
  );
}

type FoundProps = {
  group: GroupDetail;
  text: string;
  chosen: ReadonlyMap<string, string>;
  onToggle: (user: UserRow) => void;
};

function Found({ group, text, chosen, onToggle }: FoundProps) {
  const t = useTranslations("admin.groups");
  const query = useUsers(text ? { text: wordFilter(text) } : {}, "name", foundAtOnce);
  const { rows, total } = rowsOf(query);
  const shown = rows.slice(0, foundAtOnce);
  if (query.isPending) return <SkeletonLines count={4} label={t("found")} />;
  if (query.isError)
    return <FailureNotice failure={failureOf(query.error)} onRetry={() => query.refetch()} />;
  if (shown.length === 0)
    return (
      <p role="status" className="text-table text-muted">
        {t("noneFound")}
      </p>
    );
  return (
    <div className="flex flex-col gap-1.5">
      <ul aria-label={t("found")} className="max-h-64 overflow-y-auto rounded-control border">
        {shown.map((user) => {
          const inside = user.groups.some(({ id }) => id === group.id);
          return (
            <li key={user.id} className="border-b last:border-b-0">
              <label className="flex cursor-pointer items-center gap-2.5 px-2.5 py-1.5 text-table hover:bg-sunken">
                <input
                  type="checkbox"
                  checked={inside || chosen.has(user.id)}
                  disabled={inside}
                  onChange={() => onToggle(user)}
                  className="size-4 shrink-0 accent-accent"
                />
                <span className="flex min-w-0 flex-1 flex-col">
                  <span className="truncate">{user.name}</span>
                  {user.email ? <span className="truncate text-label text-muted">{user.email}</span> : null}
                </span>
                {inside ? <span className="text-label text-muted">{t("isIn")}</span> : null}
              </label>
            </li>
          );
        })}
      </ul>
      {total > shown.length ? (
        <p className="text-label text-muted">{t("moreFound", { count: total - shown.length })}</p>
      ) : null}
    </div>
  );
}
