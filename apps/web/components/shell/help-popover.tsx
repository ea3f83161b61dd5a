"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleHelp } from "lucide-react";
import { useTranslations } from "next-intl";
import { useTRPC } from "../../lib/trpc.ts";
import { IconButton } from "../ui/button.tsx";
import { Popover } from "../ui/popover.tsx";

const topics = [
  "project",
  "instance",
  "flavor",
  "image",
  "keyPair",
  "router",
  "floatingIp",
  "securityGroup",
  "applicationCredential",
  "network",
  "subnet",
  "port",
  "volume",
  "bootVolume",
  "volumeType",
  "volumeSnapshot",
  "quota",
  "console",
  "zone",
  "aggregate",
  "role",
  "group",
  "secondFactor",
] as const;
export type HelpTopic = (typeof topics)[number];

function Topics({ topics }: { topics: readonly HelpTopic[] }) {
  const t = useTranslations("help");
  return (
    <dl className="flex flex-col gap-2.5">
      {topics.map((topic) => (
        <div key={topic}>
          <dt className="text-table font-medium">{t(`${topic}.word`)}</dt>
          <dd className="text-label text-muted">{t(`${topic}.means`)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The words of one page, beside its title. */
export function PageHelp({ topics }: { topics: readonly HelpTopic[] }) {
  const t = useTranslations("help");
  return (
    <Popover
      reading
      align="start"
      label={t("ofPage")}
      trigger={
        <IconButton label={t("ofPage")} size="iconSmall" className="text-muted">
          <CircleHelp aria-hidden />
        </IconButton>
      }
    >
      <div className="p-4">
        <Topics topics={topics} />
      </div>
    </Popover>
  );
}

/** The words of the portal in one sentence each. */
export function HelpPopover() {
  const t = useTranslations("help");
  const trpc = useTRPC();
  const info = useQuery(trpc.system.info.queryOptions(undefined, { staleTime: 60_000 }));
  return (
    <Popover
      label={t("title")}
      trigger={
        <IconButton label={t("title")} className="max-sm:hidden">
          <CircleHelp aria-hidden />
        </IconButton>
      }
    >
      <div className="flex flex-col gap-3 p-4">
        <h2 className="text-body font-semibold">{t("title")}</h2>
        <Topics topics={topics} />
        {info.data ? (
          <p className="border-t pt-2 text-label text-muted">
            {t("version", { version: info.data.version })}
          </p>
        ) : null}
      </div>
    </Popover>
  );
}
