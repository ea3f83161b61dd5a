"use client";

import { wordFilter } from "@madang/core/filter/print";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ChevronsUpDown, FolderClosed, ShieldAlert } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Me } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { Button } from "../ui/button.tsx";
import { cn } from "../ui/class-names.ts";
import { Combobox } from "../ui/combobox.tsx";
import { Popover } from "../ui/popover.tsx";
import type { Area } from "./navigation.ts";
import { useProjectName } from "./use-project-name.ts";

type Place = { id: string; name: string };

/** So many are shown at once; more are found by name. */
const shownPlaces = 50;
const administration = "admin";

/** One's own projects by name; an administrator of the cloud, who sees all, asks the server beyond what he was told. */
function usePlaces(me: Me, text: string): Place[] {
  const trpc = useTRPC();
  const wanted = text.trim().toLowerCase();
  const all = usePermission("identity:list", null) && me.isAdmin;
  const filter = { text: wordFilter(text.trim()), state: ["enabled" as const, "deleting" as const] };
  const found = useQuery({
    ...trpc.admin.project.list.queryOptions({ filter, limit: shownPlaces }),
    enabled: all && wanted !== "",
    placeholderData: keepPreviousData,
  });
  const own = me.projects.filter(({ id, name }) => name.toLowerCase().includes(wanted) || id === wanted);
  const known = new Set(own.map(({ id }) => id));
  const more = wanted === "" ? [] : (found.data?.items ?? []).filter(({ id }) => !known.has(id));
  return [...own, ...more].slice(0, shownPlaces);
}

export function ProjectSwitcher({ me, area }: { me: Me; area: Area }) {
  const t = useTranslations("nav");
  const [open, setOpen] = useState(false);
  const admin = area.kind === "admin";
  const current = useProjectName(me, admin ? null : area.projectId);
  const words = admin ? t("administrator") : (current ?? t("chooseProject"));
  return (
    <Popover
      align="start"
      label={t("chooseProject")}
      open={open}
      onOpenChange={setOpen}
      className="w-[min(20rem,calc(100vw-1rem))] p-2"
      trigger={
        <Button
          tone="quiet"
          className={cn(
            "min-w-0 shrink px-2",
            admin &&
              "bg-admin font-medium text-white dark:text-background not-aria-disabled:hover:bg-admin dark:not-aria-disabled:hover:bg-admin",
          )}
          aria-label={t("scopeNow", { scope: words })}
        >
          {admin ? <ShieldAlert aria-hidden /> : <FolderClosed aria-hidden className="text-muted" />}
          <span className="max-w-28 truncate sm:max-w-56">{words}</span>
          <ChevronsUpDown aria-hidden className="opacity-70" />
        </Button>
      }
    >
      <Places me={me} area={area} onGone={() => setOpen(false)} />
    </Popover>
  );
}

function Places({ me, area, onGone }: { me: Me; area: Area; onGone: () => void }) {
  const t = useTranslations("nav");
  const router = useRouter();
  const [text, setText] = useState("");
  const places = usePlaces(me, text);
  const overseer = usePermission("system:read", null);
  const items = overseer && text.trim() === "" ? [...places, { id: administration, name: "" }] : places;
  const currentId = area.kind === "admin" ? administration : area.projectId;
  return (
    <Combobox
      open
      label={t("findProject")}
      placeholder={t("findProject")}
      text={text}
      onText={setText}
      items={items}
      itemKey={({ id }) => id}
      nothing={t("noProjectFound", { text })}
      onChoose={({ id }) => {
        onGone();
        router.push(id === administration ? "/admin" : `/p/${id}`);
      }}
      show={({ id, name }) =>
        id === administration ? (
          <span className="flex items-center gap-2 text-admin-text">
            <ShieldAlert aria-hidden />
            {t("administration")}
          </span>
        ) : (
          <>
            <FolderClosed aria-hidden className="text-muted" />
            <span className={cn("truncate", id === currentId && "font-semibold")}>{name}</span>
          </>
        )
      }
    />
  );
}
