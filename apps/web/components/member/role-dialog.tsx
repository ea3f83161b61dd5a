"use client";

import { type Role, roles } from "@madang/core/identity/permission";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { MemberRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { RoleField } from "../role/role-field.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";

type RoleDialogProps = { projectId: string; held: readonly Role[]; member: MemberRow; onClose: () => void };

/** Roles include each other, so one is enough; whoever has several is told that it takes their place. */
export function RoleDialog({ projectId, held, member, onClose }: RoleDialogProps) {
  const t = useTranslations("members");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const was = member.roles.map((one) => one.role);
  const highest = roles.find((role) => was.includes(role)) ?? "member";
  const [role, setRole] = useState<Role>(highest);
  const [failure, setFailure] = useState<Failure | null>(null);
  const change = useMutation(
    trpc.member.setRoles.mutationOptions({
      onSuccess: onClose,
      onError: (thrown) => setFailure(failureOf(thrown)),
      onSettled: () => void queries.invalidateQueries({ queryKey: trpc.member.pathKey() }),
    }),
  );
  const { kind, id, name } = member;
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("changeTitle", { name })}
      about={was.length > 1 ? t("changeSeveral", { name, roles: was.join(", ") }) : null}
      footer={
        <>
          <Button onClick={onClose}>{tCommon("cancel")}</Button>
          <Button
            tone="primary"
            disabled={change.isPending}
            onClick={() => change.mutate({ projectId, kind, id, roles: [role], was })}
          >
            {t("changeVerb")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {failure ? <FailureNotice failure={failure} /> : null}
        <RoleField value={role} onChange={setRole} held={held} />
      </div>
    </Dialog>
  );
}
