"use client";

import type { Role } from "@madang/core/identity/permission";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { toast } from "sonner";
import { errorText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { RoleField } from "../role/role-field.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { Segments } from "../ui/segments.tsx";

type AddMemberDialogProps = {
  projectId: string;
  projectName: string;
  held: readonly Role[];
  onClose: () => void;
};

/** By exact name: who else there is, only administrators see. */
export function AddMemberDialog({ projectId, projectName, held, onClose }: AddMemberDialogProps) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [kind, setKind] = useState<"user" | "group">("user");
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("member");
  const [fault, setFault] = useState<string>();
  const [failure, setFailure] = useState<Failure | null>(null);
  const add = useMutation(
    trpc.member.add.mutationOptions({
      onSuccess: (added) => {
        void queries.invalidateQueries({ queryKey: trpc.member.pathKey() });
        toast.success(t("members.added", { name: added.name, role }));
        onClose();
      },
      onError: (thrown) => {
        const refused = failureOf(thrown);
        if (refused.error.field === "name") return setFault(errorText(t, refused.error));
        setFailure(refused);
      },
    }),
  );
  const submit = () => {
    setFailure(null);
    setFault(name.trim() ? undefined : t("members.nameWanted"));
    if (name.trim()) add.mutate({ projectId, kind, name, role });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("members.addTitle", { project: projectName })}
      about={t("members.addAbout")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" disabled={add.isPending} onClick={submit}>
            {t("members.addVerb")}
          </Button>
        </>
      }
    >
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        <Segments
          label={t("members.kind")}
          value={kind}
          onChange={(value) => setKind(value === "group" ? "group" : "user")}
          options={[
            { value: "user", label: t("members.user") },
            { value: "group", label: t("members.group") },
          ]}
        />
        <Field label={t(kind === "user" ? "members.userName" : "members.groupName")} error={fault}>
          {(control) => (
            <Input
              {...control}
              value={name}
              maxLength={255}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <RoleField value={role} onChange={setRole} held={held} />
        <button type="submit" hidden aria-hidden tabIndex={-1} />
      </form>
    </Dialog>
  );
}
