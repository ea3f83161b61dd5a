"use client";

import { useQuery } from "@tanstack/react-query";
import { CloudOff, FlaskConical, Trash2 } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ReactNode, useSyncExternalStore } from "react";
import { useTRPC } from "../../lib/trpc.ts";
import { useMe } from "../../lib/use-me.ts";
import { cn } from "../ui/class-names.ts";
import type { Area } from "./navigation.ts";

function subscribe(listener: () => void): () => void {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}

function Banner({ icon, tone, children }: { icon: ReactNode; tone: string; children: ReactNode }) {
  return (
    <div
      className={cn(
        "flex items-start gap-2 border-b px-4 py-1.5 text-label md:px-6 [&_svg]:mt-px [&_svg]:size-3.5 [&_svg]:shrink-0",
        tone,
      )}
    >
      {icon}
      <p>{children}</p>
    </div>
  );
}

/** What holds for all that is on the page now: offline, simulated hypervisors, a project that ends. */
export function Banners({ area }: { area: Area }) {
  const t = useTranslations("banners");
  const trpc = useTRPC();
  const info = useQuery(trpc.system.info.queryOptions(undefined, { staleTime: 60_000 }));
  const { projects } = useMe();
  const ending =
    area.kind === "project" && projects.some(({ id, ending }) => ending && id === area.projectId);
  const online = useSyncExternalStore(
    subscribe,
    () => navigator.onLine,
    () => true,
  );
  return (
    <section aria-label={t("label")}>
      {online ? null : (
        <div role="alert">
          <Banner icon={<CloudOff aria-hidden className="text-danger" />} tone="bg-danger-soft">
            {t("offline")}
          </Banner>
        </div>
      )}
      {ending ? (
        <Banner icon={<Trash2 aria-hidden className="text-danger" />} tone="bg-danger-soft">
          {t("projectEnding")}
        </Banner>
      ) : null}
      {info.data?.simulated ? (
        <Banner icon={<FlaskConical aria-hidden className="text-changing" />} tone="bg-changing-soft">
          {t("simulated")}
        </Banner>
      ) : null}
    </section>
  );
}
