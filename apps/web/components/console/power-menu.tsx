"use client";

import { Power } from "lucide-react";
import { useTranslations } from "next-intl";
import type { InstanceDetail } from "../../lib/rows.ts";
import { actionIcons } from "../instance/action-menu.tsx";
import { useAct, useBlocked } from "../instance/actions.tsx";
import { IconButton } from "../ui/button.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";

const powers = ["start", "stop", "reboot", "hardReboot"] as const;

/** The same acts, with the same questions, as everywhere else. */
export function PowerMenu({ instance }: { instance: InstanceDetail }) {
  const t = useTranslations();
  const act = useAct();
  const blocked = useBlocked(instance.projectId);
  return (
    <Menu
      trigger={
        <IconButton label={t("console.power")} size="iconSmall">
          <Power aria-hidden />
        </IconButton>
      }
    >
      {powers.map((action) => {
        const Icon = actionIcons[action];
        return (
          <MenuItem
            key={action}
            icon={<Icon aria-hidden />}
            blocked={blocked(action, instance)}
            onSelect={() => act(action, instance)}
          >
            {t(`actions.${action}`)}
          </MenuItem>
        );
      })}
    </Menu>
  );
}
