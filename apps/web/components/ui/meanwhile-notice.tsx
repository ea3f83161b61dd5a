"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { Notice } from "./notice.tsx";

type MeanwhileNoticeProps = { children: ReactNode; onGoOn: () => void };

/** What somebody else made of it while a form was open: what was typed stays, and goes over it only when one says so. */
export function MeanwhileNotice({ children, onGoOn }: MeanwhileNoticeProps) {
  const t = useTranslations();
  return (
    <Notice
      tone="warning"
      live
      title={t("errors.changedMeanwhile")}
      actions={
        <Button size="small" onClick={onGoOn}>
          {t("common.keepMine")}
        </Button>
      }
    >
      <p className="break-words whitespace-pre-wrap">{children}</p>
    </Notice>
  );
}
