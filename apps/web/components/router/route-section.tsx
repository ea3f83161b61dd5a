"use client";

import { Pencil } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { RouterDetail } from "../../lib/rows.ts";
import { Button } from "../ui/button.tsx";
import { Section } from "../ui/section.tsx";
import { RoutesDialog } from "./routes-dialog.tsx";

export function RouteSection({ router, blocked }: { router: RouterDetail; blocked: string | null }) {
  const t = useTranslations("routers");
  const [editing, setEditing] = useState(false);
  return (
    <Section title={t("routes")}>
      {router.routes.length === 0 ? <p className="text-table text-muted">{t("routesNone")}</p> : null}
      <ul className="flex flex-col">
        {router.routes.map(({ destination, nextHop }) => (
          <li key={destination} className="border-b py-2 font-mono text-label last:border-b-0">
            {`${destination} → ${nextHop}`}
          </li>
        ))}
      </ul>
      <div>
        <Button blocked={blocked} onClick={() => setEditing(true)}>
          <Pencil aria-hidden />
          {t("editRoutes")}
        </Button>
      </div>
      {editing ? <RoutesDialog router={router} onClose={() => setEditing(false)} /> : null}
    </Section>
  );
}
