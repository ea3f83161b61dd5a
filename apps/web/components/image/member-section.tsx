"use client";

import { useMutation } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import type { ImageDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { Section } from "../ui/section.tsx";
import { useImageChange } from "./use-image-change.ts";

/** With which projects it is shared, and what they said. */
export function MemberSection({ projectId, image }: { projectId: string; image: ImageDetail }) {
  const t = useTranslations("images.share");
  const trpc = useTRPC();
  const blocked = useRefusal("image:update", projectId);
  const [text, setText] = useState("");
  const { failure, options } = useImageChange(() => setText(""));
  const set = useMutation(trpc.image.setMembers.mutationOptions(options));
  const ids = image.members.map((member) => member.projectId);
  const share = (projectIds: string[]) => set.mutate({ projectId, id: image.id, projectIds });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== "" && !blocked) share([...ids, text.trim()]);
  };
  return (
    <Section title={t("title")}>
      {failure ? <FailureNotice failure={failure} /> : null}
      {image.members.length === 0 ? <p className="text-table text-muted">{t("nobody")}</p> : null}
      <ul className="flex flex-col">
        {image.members.map((member) => (
          <li
            key={member.projectId}
            className="flex items-center justify-between gap-2 border-b py-1.5 text-table"
          >
            <span className="min-w-0 break-words">{member.projectName ?? member.projectId}</span>
            <span className="flex items-center gap-2 text-label text-muted">
              {t(`states.${member.state}`)}
              <IconButton
                label={t("remove", { project: member.projectName ?? member.projectId })}
                size="iconSmall"
                blocked={blocked}
                onClick={() => share(ids.filter((id) => id !== member.projectId))}
              >
                <X aria-hidden />
              </IconButton>
            </span>
          </li>
        ))}
      </ul>
      <form className="flex flex-wrap items-end gap-2" onSubmit={submit}>
        <Field label={t("project")} help={t("projectHelp")} className="min-w-60 flex-1">
          {(control) => (
            <Input
              {...control}
              value={text}
              autoComplete="off"
              spellCheck={false}
              className="font-mono"
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" blocked={blocked} disabled={set.isPending} className="mb-6">
          {t("add")}
        </Button>
      </form>
    </Section>
  );
}
