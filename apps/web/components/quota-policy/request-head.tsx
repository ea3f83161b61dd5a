"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import type { ManagedRequestRow } from "../../lib/rows.ts";
import { Moment } from "../timeline/moment.tsx";

/** Who asks for which project, since when and why. */
export function RequestHead({ request }: { request: ManagedRequestRow }) {
  const t = useTranslations("admin.requests");
  return (
    <div className="flex flex-col gap-1.5">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h2 className="min-w-0 text-body font-semibold break-words">
          {t.rich("asksOf", {
            user: request.userName,
            project: () => (
              <Link
                href={`/admin/projects/${request.projectId}`}
                className="text-accent underline underline-offset-2"
              >
                {request.projectName}
              </Link>
            ),
          })}
        </h2>
        <span className="text-label text-muted">
          <Moment date={request.createdAt} />
        </span>
      </div>
      <p className="text-table break-words whitespace-pre-wrap">{request.reason}</p>
    </div>
  );
}
