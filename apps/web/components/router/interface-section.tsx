"use client";

import { Plus, Unlink } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { RouterDetail, RouterInterfaceRow } from "../../lib/rows.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { Section } from "../ui/section.tsx";
import { InterfaceDialog } from "./interface-dialog.tsx";
import { RemoveInterfaceDialog } from "./remove-interface-dialog.tsx";

type InterfaceSectionProps = { router: RouterDetail; blocked: string | null };

export function InterfaceSection({ router, blocked }: InterfaceSectionProps) {
  const t = useTranslations("routers");
  const [adding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<RouterInterfaceRow | null>(null);
  const stillNeeded = ({ floatingIps }: RouterInterfaceRow) =>
    floatingIps.length > 0 ? t("hasFloatingIps", { addresses: floatingIps.join(", ") }) : null;
  const columns: Column<RouterInterfaceRow>[] = [
    {
      key: "subnet",
      title: t("subnet"),
      cell: (one) => (
        <span className="flex flex-col gap-0.5">
          <span className="break-words">{`${one.networkName} / ${one.subnetName}`}</span>
          <code className="font-mono text-label text-muted">{one.cidr}</code>
        </span>
      ),
    },
    {
      key: "address",
      title: t("address"),
      cell: (one) => <code className="font-mono text-label whitespace-nowrap">{one.address}</code>,
    },
    {
      key: "floatingIps",
      title: t("floatingIps"),
      className: "hidden @md:table-cell",
      cell: (one) => <code className="font-mono text-label">{one.floatingIps.join(", ")}</code>,
    },
    {
      key: "actions",
      title: <span className="sr-only">{t("removeVerb")}</span>,
      className: "w-px text-right",
      cell: (one) => (
        <IconButton
          tone="quiet"
          size="iconSmall"
          label={t("remove", { subnet: one.subnetName })}
          blocked={blocked ?? stillNeeded(one)}
          onClick={() => setLeaving(one)}
        >
          <Unlink aria-hidden />
        </IconButton>
      ),
    },
  ];
  return (
    <Section title={t("interfaces")}>
      {router.interfaces.length === 0 ? (
        <p className="text-table text-muted">{t("interfacesNone")}</p>
      ) : (
        <div className="@container">
          <DataTable
            label={t("interfaces")}
            columns={columns}
            rows={router.interfaces}
            rowKey={({ portId, subnetId }) => `${portId}-${subnetId}`}
          />
        </div>
      )}
      <div>
        <Button
          tone={router.interfaces.length === 0 ? "primary" : "plain"}
          blocked={blocked}
          onClick={() => setAdding(true)}
        >
          <Plus aria-hidden />
          {t("addInterface")}
        </Button>
      </div>
      {adding ? <InterfaceDialog router={router} onClose={() => setAdding(false)} /> : null}
      {leaving ? (
        <RemoveInterfaceDialog router={router} leaving={leaving} onClose={() => setLeaving(null)} />
      ) : null}
    </Section>
  );
}
