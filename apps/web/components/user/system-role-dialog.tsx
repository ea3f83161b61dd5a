"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { UserDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useMe } from "../../lib/use-me.ts";
import { RolePreview } from "../role/role-preview.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Notice } from "../ui/notice.tsx";

const choices = ["none", "reader", "admin"] as const;
type Choice = (typeof choices)[number];
const isSystemRole = (role: string): role is "admin" | "reader" => role === "admin" || role === "reader";

/** What somebody is over the whole cloud: an admin may all that a reader may, so one is enough. */
export function SystemRoleDialog({ user, onClose }: { user: UserDetail; onClose: () => void }) {
  const t = useTranslations("admin.users");
  const tRoles = useTranslations("roles");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const me = useMe();
  const was = user.systemRoles.filter(isSystemRole);
  const [chosen, setChosen] = useState<Choice>(was.includes("admin") ? "admin" : (was[0] ?? "none"));
  const [failure, setFailure] = useState<Failure | null>(null);
  const change = useMutation(
    trpc.admin.user.setSystemRoles.mutationOptions({
      onSuccess: onClose,
      onError: (thrown) => setFailure(failureOf(thrown)),
      onSettled: () => {
        void queries.invalidateQueries({ queryKey: trpc.admin.user.pathKey() });
        void queries.invalidateQueries({ queryKey: trpc.account.me.queryKey() });
      },
    }),
  );
  const blockedFor = (choice: Choice) => (user.lastAdministrator && choice !== "admin" ? t("last") : null);
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("rolesTitle", { name: user.name })}
      footer={
        <>
          <Button onClick={onClose}>{tCommon("cancel")}</Button>
          <Button
            tone="primary"
            disabled={change.isPending}
            blocked={blockedFor(chosen)}
            onClick={() => change.mutate({ id: user.id, roles: chosen === "none" ? [] : [chosen], was })}
          >
            {t("rolesVerb")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {failure ? <FailureNotice failure={failure} /> : null}
        <fieldset className="overflow-hidden rounded-control border">
          <legend className="sr-only">{t("systemRole")}</legend>
          {choices.map((choice) => (
            <label
              key={choice}
              className="flex cursor-pointer items-start gap-2.5 border-b px-2.5 py-1.5 text-table last:border-b-0 hover:bg-sunken"
            >
              <input
                type="radio"
                name="system-role"
                value={choice}
                checked={choice === chosen}
                disabled={blockedFor(choice) !== null}
                onChange={() => setChosen(choice)}
                className="mt-0.5 size-4 shrink-0 accent-accent"
              />
              <span className="flex min-w-0 flex-col">
                {choice === "none" ? (
                  <span className="font-medium">{tRoles("none")}</span>
                ) : (
                  <code className="font-mono text-table font-medium">{choice}</code>
                )}
                <span className="text-label text-muted">
                  {blockedFor(choice) ??
                    (choice === "none" ? t("noSystemRole") : tRoles(`systemShort.${choice}`))}
                </span>
              </span>
            </label>
          ))}
        </fieldset>
        {user.id === me.user.id && was.includes("admin") && chosen !== "admin" ? (
          <Notice tone="warning">{t("rolesOwn")}</Notice>
        ) : null}
        {chosen === "none" ? null : <RolePreview role={chosen} scope="system" />}
      </div>
    </Dialog>
  );
}
