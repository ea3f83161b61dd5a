"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CloudOff } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useRef, useSyncExternalStore } from "react";
import { useStreamState } from "../../lib/stream.tsx";
import { renewSocket } from "../../lib/trpc.ts";
import { Button } from "../ui/button.tsx";
import { Banner } from "./banner.tsx";

const askMs = 3_000;
const patienceMs = 5_000;

function subscribe(listener: () => void): () => void {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}

/** Any answer will do: who answers that he is not well is still there. */
async function answers(): Promise<boolean> {
  const wait = AbortSignal.timeout(patienceMs);
  return await fetch("/api/health", { cache: "no-store", signal: wait }).then(
    () => true,
    () => false,
  );
}

/** While the network is gone or the portal doesn't answer; what is on the page stays, and comes up to date afterwards. */
export function ReachBanner() {
  const t = useTranslations("banners");
  const queries = useQueryClient();
  const stream = useStreamState();
  const online = useSyncExternalStore(
    subscribe,
    () => navigator.onLine,
    () => true,
  );
  // The stream hears first that something is wrong; while it is live nobody asks.
  const doubtful = !online || stream === "polling";
  const reach = useQuery({
    queryKey: ["reach"],
    queryFn: answers,
    enabled: doubtful,
    refetchInterval: askMs,
    staleTime: 0,
  });
  const away = doubtful && (!online || reach.data === false);
  const wasAway = useRef(false);
  useEffect(() => {
    if (wasAway.current && !away) {
      renewSocket();
      void queries.invalidateQueries();
    }
    wasAway.current = away;
  }, [away, queries]);
  return (
    <div role="alert">
      {away ? (
        <Banner icon={<CloudOff aria-hidden className="text-danger" />} tone="bg-danger-soft">
          {t(online ? "unreachable" : "offline")}{" "}
          <Button size="small" className="ml-2" disabled={reach.isFetching} onClick={() => reach.refetch()}>
            {t("retry")}
          </Button>
        </Banner>
      ) : null}
    </div>
  );
}
