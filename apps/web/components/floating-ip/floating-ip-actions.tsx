"use client";

import { ArrowRightLeft, Ellipsis, Link2, Pencil, Trash2, Unlink } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { FloatingIpRow } from "../../lib/rows.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { AssociateDialog } from "./associate-dialog.tsx";
import { DescribeDialog, DisassociateDialog, ReleaseDialog } from "./floating-ip-dialogs.tsx";

const dialogs = {
  associate: AssociateDialog,
  disassociate: DisassociateDialog,
  describe: DescribeDialog,
  release: ReleaseDialog,
};

export function FloatingIpActions({ ip }: { ip: FloatingIpRow }) {
  const t = useTranslations("floatingIps");
  const tReasons = useTranslations("reasons");
  const [asked, setAsked] = useState<keyof typeof dialogs | null>(null);
  const notPermitted = tReasons("notPermitted");
  const mayUpdate = usePermission("floating_ip:update", ip.projectId) ? null : notPermitted;
  const mayRelease = usePermission("floating_ip:delete", ip.projectId) ? null : notPermitted;
  const Asked = asked && dialogs[asked];
  const moves = ip.portId !== null;
  return (
    <span className="flex items-center justify-end gap-1">
      {moves ? null : (
        <Button size="small" blocked={mayUpdate} onClick={() => setAsked("associate")}>
          <Link2 aria-hidden />
          <span className="@max-lg:sr-only">{t("associate")}</span>
        </Button>
      )}
      <Menu
        trigger={
          <IconButton size="iconSmall" tone="quiet" label={t("menu", { address: ip.address })}>
            <Ellipsis aria-hidden />
          </IconButton>
        }
      >
        <MenuItem
          icon={moves ? <ArrowRightLeft aria-hidden /> : <Link2 aria-hidden />}
          blocked={mayUpdate}
          onSelect={() => setAsked("associate")}
        >
          {t(moves ? "move" : "associate")}
        </MenuItem>
        <MenuItem
          icon={<Unlink aria-hidden />}
          blocked={mayUpdate ?? (moves ? null : t("notAssociated"))}
          onSelect={() => setAsked("disassociate")}
        >
          {t("disassociate")}
        </MenuItem>
        <MenuItem icon={<Pencil aria-hidden />} blocked={mayUpdate} onSelect={() => setAsked("describe")}>
          {t("edit")}
        </MenuItem>
        <MenuItem
          danger
          icon={<Trash2 aria-hidden />}
          blocked={mayRelease}
          onSelect={() => setAsked("release")}
        >
          {t("release")}
        </MenuItem>
      </Menu>
      {Asked ? <Asked ip={ip} onClose={() => setAsked(null)} /> : null}
    </span>
  );
}
