"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useEffect } from "react";

type PageProps = {
  title: string;
  heading?: ReactNode;
  about?: ReactNode;
  actions?: ReactNode;
  /** Beside the title. */
  help?: ReactNode;
  children: ReactNode;
};

/** A page of the portal: its title line, then the content. The title is also the document's, for tabs and screen readers. */
export function Page({ title, heading, about, actions, help, children }: PageProps) {
  const t = useTranslations("common");
  useEffect(() => {
    document.title = `${title} · ${t("product")}`;
  }, [title, t]);
  return (
    <div className="flex flex-col gap-6 px-4 py-5 md:px-6 md:py-6">
      <header className="flex flex-col gap-1.5">
        <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
          <div className="flex min-w-0 items-center gap-1">
            <h1 className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1 text-title font-semibold">
              {heading ?? title}
            </h1>
            {help}
          </div>
          {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
        </div>
        {about ? <p className="max-w-[72ch] text-body text-muted">{about}</p> : null}
      </header>
      {children}
    </div>
  );
}
