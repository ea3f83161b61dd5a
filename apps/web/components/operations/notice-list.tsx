"use client";

import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { toast, useSonner } from "sonner";

const shownNotices = 20;

/** What small messages said since this page was opened: none is lost because it went by too fast. */
export function NoticeList() {
  const t = useTranslations("operations");
  const { toasts } = useSonner();
  const [notices, setNotices] = useState<{ id: string; title: string; about: string }[]>([]);
  useEffect(() => {
    const text = (part: unknown) => (typeof part === "string" ? part : "");
    const told = toast
      .getHistory()
      .flatMap((one) =>
        "title" in one && text(one.title)
          ? [{ id: String(one.id), title: text(one.title), about: text(one.description) }]
          : [],
      );
    setNotices(told.slice(-shownNotices).toReversed());
  }, [toasts]);
  if (notices.length === 0) return null;
  return (
    <section aria-label={t("notices")} className="flex flex-col gap-1">
      <h3 className="text-table font-semibold">{t("notices")}</h3>
      <ul className="flex flex-col gap-1 text-label">
        {notices.map((notice) => (
          <li key={notice.id}>
            {notice.title} <span className="text-muted">{notice.about}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
