"use client";

import { CircleCheck, CircleOff, Ellipsis, KeyRound, LogOut, Pencil, ShieldOff, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { UserDetail } from "../../lib/rows.ts";
import { useMe } from "../../lib/use-me.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { Menu, MenuItem, MenuSeparator } from "../ui/menu.tsx";
import { DeleteUserDialog } from "./delete-user-dialog.tsx";
import { LinkDialog, type PasswordLink } from "./link-dialog.tsx";
import { SecureDialog, type SecureKind } from "./secure-dialog.tsx";
import { UserDialog } from "./user-dialog.tsx";

type Asked = "edit" | "delete" | SecureKind;

/** Everything an administrator can do about a user; what can't be done now says why. */
export function UserActions({ user }: { user: UserDetail }) {
  const t = useTranslations("admin.users");
  const tReasons = useTranslations("reasons");
  const me = useMe();
  const mayManage = usePermission("user:manage", null);
  const maySecure = usePermission("user:secure", null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [link, setLink] = useState<PasswordLink | null>(null);
  const forbidden = maySecure ? null : tReasons("notPermitted");
  const guarded = forbidden ?? guardOf(t, user, me.user.id);
  const close = () => setAsked(null);
  const none = (missing: boolean, words: string) => forbidden ?? (missing ? words : null);
  return (
    <>
      <Button blocked={mayManage ? null : tReasons("notPermitted")} onClick={() => setAsked("edit")}>
        <Pencil aria-hidden />
        {t("edit")}
      </Button>
      <Menu
        trigger={
          <IconButton tone="plain" label={t("menu")}>
            <Ellipsis aria-hidden />
          </IconButton>
        }
      >
        <MenuItem
          icon={<KeyRound aria-hidden />}
          blocked={none(!user.enabled, t("isDisabled"))}
          onSelect={() => setAsked("resetLink")}
        >
          {t("resetLink")}
        </MenuItem>
        <MenuItem
          icon={<ShieldOff aria-hidden />}
          blocked={none(!user.secondFactor, t("noSecondFactor"))}
          onSelect={() => setAsked("clearTotp")}
        >
          {t("clearTotp")}
        </MenuItem>
        <MenuItem
          icon={<LogOut aria-hidden />}
          blocked={none(user.sessions === 0, t("noSessions"))}
          onSelect={() => setAsked("revokeSessions")}
        >
          {t("revoke")}
        </MenuItem>
        <MenuSeparator />
        {user.enabled ? (
          <MenuItem icon={<CircleOff aria-hidden />} blocked={guarded} onSelect={() => setAsked("disable")}>
            {t("disable")}
          </MenuItem>
        ) : (
          <MenuItem
            icon={<CircleCheck aria-hidden />}
            blocked={forbidden}
            onSelect={() => setAsked("enable")}
          >
            {t("enable")}
          </MenuItem>
        )}
        <MenuItem danger icon={<Trash2 aria-hidden />} blocked={guarded} onSelect={() => setAsked("delete")}>
          {t("delete")}
        </MenuItem>
      </Menu>
      {asked === "edit" ? <UserDialog user={user} onClose={close} /> : null}
      {asked === "delete" ? <DeleteUserDialog user={user} onClose={close} /> : null}
      {asked && asked !== "edit" && asked !== "delete" ? (
        <SecureDialog kind={asked} user={user} onClose={close} onLink={setLink} />
      ) : null}
      {link ? <LinkDialog name={user.name} link={link} onClose={() => setLink(null)} /> : null}
    </>
  );
}

function guardOf(
  t: ReturnType<typeof useTranslations<"admin.users">>,
  user: UserDetail,
  ownId: string,
): string | null {
  if (user.id === ownId) return t("own");
  return user.lastAdministrator ? t("last") : null;
}
