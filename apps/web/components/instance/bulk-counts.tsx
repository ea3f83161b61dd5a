"use client";

import { useTranslations } from "next-intl";
import type { Translate } from "../../lib/error-text.ts";
import type { BulkPreview } from "../../lib/rows.ts";
import { Fold } from "../ui/fold.tsx";
import { Notice } from "../ui/notice.tsx";

/** What will change, what won't and why, and what goes with it; the names folded. */
export function BulkCounts({ preview }: { preview: BulkPreview }) {
  const t: Translate = useTranslations();
  const { will, wont, volumes, floatingIps } = preview;
  const others = wont.reduce((total, { count }) => total + count, 0);
  return (
    <div className="mb-3 flex flex-col gap-2 text-table">
      <p role="status">
        <strong className="font-medium">
          {will.count > 0 ? t("bulk.will", { count: will.count }) : t("bulk.nothing")}
        </strong>
        {others > 0 ? ` · ${t("bulk.wont", { count: others })}` : null}
      </p>
      {will.count > 0 ? (
        <Fold title={t("bulk.willNames")} note={t("bulk.will", { count: will.count })}>
          <Names some={will.some} count={will.count} />
        </Fold>
      ) : null}
      {wont.map(({ reason, count, some }) => (
        <Fold key={reason} title={t(`reasons.${reason}`)} note={t("bulk.wont", { count })}>
          <Names some={some} count={count} />
        </Fold>
      ))}
      {volumes > 0 ? <Notice tone="warning">{t("bulk.volumes", { count: volumes })}</Notice> : null}
      {floatingIps > 0 ? <p className="text-muted">{t("bulk.gone", { count: floatingIps })}</p> : null}
    </div>
  );
}

function Names({ some, count }: { some: BulkPreview["will"]["some"]; count: number }) {
  const t = useTranslations("bulk");
  const more = count - some.length;
  return (
    <p className="max-h-32 overflow-y-auto pl-5 break-words text-muted">
      {some.map(({ name }) => name).join(", ")}
      {more > 0 ? ` ${t("more", { count: more })}` : null}
    </p>
  );
}
