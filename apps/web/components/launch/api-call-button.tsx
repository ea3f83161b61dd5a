"use client";

import type { LaunchInput } from "@madang/core/instance/launch";
import { useQuery } from "@tanstack/react-query";
import { Terminal } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useFormContext } from "react-hook-form";
import { useTRPC } from "../../lib/trpc.ts";
import { useProjectId } from "../../lib/use-project.ts";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copyable.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Notice } from "../ui/notice.tsx";
import { launchCall } from "./api-call.ts";
import { freshIds } from "./draft.ts";
import { type LaunchForm, launchInputOf } from "./form-schema.ts";

/** The same launch as a command; what is missing in the form is said there, as when launching. */
export function ApiCallButton() {
  const t = useTranslations("apiAccess.call");
  const projectId = useProjectId();
  const { handleSubmit } = useFormContext<LaunchForm>();
  const [input, setInput] = useState<LaunchInput | null>(null);
  const show = handleSubmit((values) => setInput(launchInputOf(values, projectId, freshIds())));
  return (
    <>
      <Button tone="quiet" className="w-full" onClick={() => void show()}>
        <Terminal aria-hidden />
        {t("open")}
      </Button>
      {input ? <ApiCallDialog input={input} onClose={() => setInput(null)} /> : null}
    </>
  );
}

function ApiCallDialog({ input, onClose }: { input: LaunchInput; onClose: () => void }) {
  const t = useTranslations("apiAccess.call");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const info = useQuery(trpc.system.info.queryOptions(undefined, { staleTime: 60_000 }));
  const command = launchCall(info.data?.url ?? location.origin, input);
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("title")}
      about={t("about")}
      footer={<Button onClick={onClose}>{tCommon("close")}</Button>}
    >
      <div className="flex flex-col gap-3">
        {input.password ? <Notice tone="warning">{t("password")}</Notice> : null}
        <div className="relative">
          <pre
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
            tabIndex={0}
            className="max-h-80 overflow-auto rounded-control border bg-sunken p-3 pr-10 font-mono text-label"
          >
            {command}
          </pre>
          <span className="absolute top-1.5 right-1.5">
            <CopyButton text={command} label={t("open")} />
          </span>
        </div>
        <p className="text-label text-muted">
          {t("needs")}{" "}
          <Link
            href={`/p/${input.projectId}/api-access`}
            className="text-accent underline underline-offset-2"
          >
            {t("where")}
          </Link>
        </p>
      </div>
    </Dialog>
  );
}
