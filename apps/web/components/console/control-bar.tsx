"use client";

import { Eye, Users } from "lucide-react";
import { useTranslations } from "next-intl";
import { Button } from "../ui/button.tsx";
import { Menu, MenuCheck, MenuItem, MenuLabel } from "../ui/menu.tsx";
import type { Control } from "./use-control.ts";

function useNameOf() {
  const t = useTranslations("console.takeover");
  return ({ own, userName, inControl }: Control["others"][number]) => {
    const name = own ? t("own", { name: userName }) : userName;
    return inControl ? t("inControl", { name }) : name;
  };
}

/** Who is connected and who types, in words; nothing where one is alone and in control. */
export function ControlBar({ control }: { control: Control }) {
  const t = useTranslations("console.takeover");
  const nameOf = useNameOf();
  const { inControl, others, controller, take } = control;
  if (inControl && others.length === 0) return null;
  const watching = controller ? t("controlledBy", { name: controller.userName }) : t("nobody");
  return (
    <div
      role="status"
      data-testid="console-control"
      data-in-control={inControl}
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b bg-sunken px-3 py-1 text-label"
    >
      {inControl ? <span className="font-medium">{t("alone")}</span> : <span>{watching}</span>}
      {others.length > 0 ? (
        <span className="text-muted">{t("others", { names: others.map(nameOf).join(", ") })}</span>
      ) : null}
      {inControl ? null : (
        <Button size="small" tone="primary" className="ml-auto" onClick={take}>
          {t("take")}
        </Button>
      )}
    </div>
  );
}

/** Handing over, and laying control down to look only. */
export function ControlMenu({ control, blocked }: { control: Control; blocked: string | null }) {
  const t = useTranslations("console.takeover");
  const { inControl, others, give, take } = control;
  return (
    <Menu
      trigger={
        <Button tone="quiet" size="iconSmall" aria-label={t("viewers")} hint={t("viewers")} blocked={blocked}>
          {inControl ? <Users aria-hidden /> : <Eye aria-hidden />}
        </Button>
      }
    >
      <MenuLabel>{t("viewers")}</MenuLabel>
      <MenuCheck checked={!inControl} onChange={(looking) => (looking ? give(null) : take())}>
        {t("viewOnly")}
      </MenuCheck>
      {others.map((one) => (
        <MenuItem key={one.id} blocked={inControl ? null : t("notInControl")} onSelect={() => give(one.id)}>
          {t("handOver", { name: one.own ? t("own", { name: one.userName }) : one.userName })}
        </MenuItem>
      ))}
    </Menu>
  );
}
