"use client";

import { Download } from "lucide-react";
import { useTranslations } from "next-intl";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copyable.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { focusFirst } from "../ui/focus-first.ts";
import { saveFile } from "../ui/save-file.ts";

/** Shown once: whoever closes it without keeping them makes new ones. */
export function RecoveryCodesDialog({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const t = useTranslations("account.recovery");
  const text = `${codes.join("\n")}\n`;
  return (
    <Dialog
      open
      insistent
      onOpenChange={() => undefined}
      title={t("title")}
      about={t("about")}
      footer={
        <>
          <Button ref={focusFirst} onClick={() => saveFile("madang-recovery-codes.txt", text)}>
            <Download aria-hidden />
            {t("download")}
          </Button>
          <Button tone="primary" onClick={onClose}>
            {t("kept")}
          </Button>
        </>
      }
    >
      <div className="flex items-start gap-2 rounded-surface border bg-sunken p-3 dark:bg-surface">
        <ul aria-label={t("list")} className="grid flex-1 grid-cols-2 gap-x-4 gap-y-1.5">
          {codes.map((code) => (
            <li key={code}>
              <code className="font-mono text-table">{code}</code>
            </li>
          ))}
        </ul>
        <CopyButton text={text} label={t("copy")} />
      </div>
    </Dialog>
  );
}
