"use client";

import {
  Bomb,
  Disc3,
  Ellipsis,
  type LucideIcon,
  Pencil,
  Play,
  Power,
  RotateCcw,
  RotateCw,
  Shield,
  SquareTerminal,
  Trash2,
  Undo2,
  Wrench,
} from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { usePermission } from "../../lib/use-permission.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { Menu, MenuItem, MenuSeparator } from "../ui/menu.tsx";
import { type ActionTarget, type AnyAction, useAct, useBlocked } from "./actions.tsx";

export const actionIcons: Record<AnyAction, LucideIcon> = {
  start: Play,
  stop: Power,
  reboot: RotateCw,
  hardReboot: RotateCcw,
  console: SquareTerminal,
  rename: Pencil,
  protect: Shield,
  image: Disc3,
  delete: Trash2,
  restore: Undo2,
  reset: Wrench,
  forceDelete: Bomb,
};

type Props = { projectId: string; target: ActionTarget };

/** Every action of an instance, those impossible now with the reason. An administrator's own are shown to administrators. */
export function ActionMenu({ projectId, target, small }: Props & { small?: boolean }) {
  const t = useTranslations("actions");
  const act = useAct();
  const blocked = useBlocked(projectId);
  const router = useRouter();
  const isAdministrator = usePermission("instance:reset", null);
  const item = (
    action: AnyAction,
    options: { danger?: boolean; onSelect?: () => void; words?: string } = {},
  ) => {
    const Icon = actionIcons[action];
    return (
      <MenuItem
        icon={<Icon aria-hidden />}
        danger={options.danger}
        blocked={blocked(action, target)}
        onSelect={options.onSelect ?? (() => act(action, target))}
      >
        {options.words ?? t(action)}
      </MenuItem>
    );
  };
  return (
    <Menu
      trigger={
        <IconButton
          label={t("menu", { name: target.name })}
          size={small ? "iconSmall" : "icon"}
          tone={small ? "quiet" : "plain"}
        >
          <Ellipsis aria-hidden />
        </IconButton>
      }
    >
      {item("console", { onSelect: () => router.push(`/p/${projectId}/instances/${target.id}?tab=console`) })}
      <MenuSeparator />
      {item("start")}
      {item("stop")}
      {item("reboot")}
      {item("hardReboot")}
      <MenuSeparator />
      {item("image")}
      <MenuSeparator />
      {item("rename")}
      {item("protect", { words: t(target.deleteProtection ? "unprotect" : "protect") })}
      <MenuSeparator />
      {target.status === "SOFT_DELETED" ? item("restore") : null}
      {item("delete", { danger: true, words: t(target.status === "SOFT_DELETED" ? "deleteNow" : "delete") })}
      {isAdministrator ? (
        <>
          <MenuSeparator />
          {item("reset")}
          {item("forceDelete", { danger: true })}
        </>
      ) : null}
    </Menu>
  );
}

/** The three likely actions of a row, as icons with words in tooltips. */
export function RowActions({ projectId, target }: Props) {
  const t = useTranslations("actions");
  const act = useAct();
  const blocked = useBlocked(projectId);
  const noConsole = blocked("console", target);
  const power: AnyAction[] = ["start", "stop"];
  return (
    <span className="flex items-center justify-end gap-0.5">
      <span className="hidden items-center gap-0.5 opacity-0 transition-opacity duration-150 group-focus-within:opacity-100 group-hover:opacity-100 @2xl:flex pointer-coarse:opacity-100">
        {power.map((action) => {
          const Icon = actionIcons[action];
          return (
            <IconButton
              key={action}
              size="iconSmall"
              label={t(action)}
              blocked={blocked(action, target)}
              onClick={() => act(action, target)}
            >
              <Icon aria-hidden />
            </IconButton>
          );
        })}
        {noConsole ? (
          <IconButton size="iconSmall" label={t("console")} blocked={noConsole}>
            <SquareTerminal aria-hidden />
          </IconButton>
        ) : (
          <Link
            href={`/p/${projectId}/instances/${target.id}?tab=console`}
            aria-label={t("console")}
            title={t("console")}
            className="inline-flex size-7 items-center justify-center rounded-control hover:bg-sunken dark:hover:bg-raised [&_svg]:size-4"
          >
            <SquareTerminal aria-hidden />
          </Link>
        )}
      </span>
      <ActionMenu projectId={projectId} target={target} small />
    </span>
  );
}

/** The one action that is likeliest now, as a button with its word. */
export function PrimaryAction({ projectId, target }: Props) {
  const t = useTranslations("actions");
  const act = useAct();
  const blocked = useBlocked(projectId);
  const action = likeliest(target, blocked("start", target) === null);
  const Icon = actionIcons[action];
  return (
    <Button
      tone={action === "stop" ? "plain" : "primary"}
      blocked={blocked(action, target)}
      onClick={() => act(action, target)}
    >
      <Icon aria-hidden />
      {t(action)}
    </Button>
  );
}

function likeliest({ status, powerState }: ActionTarget, startable: boolean): AnyAction {
  if (status === "SOFT_DELETED") return "restore";
  return startable || powerState !== "RUNNING" ? "start" : "stop";
}
