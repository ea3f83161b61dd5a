"use client";

import { useFormatter, useTranslations } from "next-intl";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copyable.tsx";
import { Dialog } from "../ui/dialog.tsx";

export type PasswordLink = { url: string; expiresAt: Date };
type LinkDialogProps = { name: string; link: PasswordLink; onClose: () => void };

/** The link is nowhere else: the dialog stays until it was said to be copied. */
export function LinkDialog({ name, link, onClose }: LinkDialogProps) {
  const t = useTranslations("admin.users");
  const format = useFormatter();
  const when = format.dateTime(link.expiresAt, { dateStyle: "medium", timeStyle: "short" });
  return (
    <Dialog
      open
      insistent
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("linkTitle", { name })}
      about={t("linkAbout", { when })}
      footer={
        <Button tone="primary" onClick={onClose}>
          {t("linkKept")}
        </Button>
      }
    >
      <p className="mb-1.5 text-table font-medium">{t("link")}</p>
      <div className="flex items-start gap-2 rounded-control border bg-sunken px-2.5 py-2">
        <code
          data-testid="password-link"
          className="min-w-0 flex-1 font-mono text-label break-all select-all"
        >
          {link.url}
        </code>
        <CopyButton text={link.url} label={t("copyLink")} />
      </div>
    </Dialog>
  );
}
