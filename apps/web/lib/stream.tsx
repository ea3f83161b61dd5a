"use client";

/**
 * The live stream of what is looked at: one project, or for administrators the whole cloud. It only says what
 * changed; queries fetch the truth. While it is down everything on screen is asked again every few seconds.
 */
import { useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { setSessionExpired } from "./session-expiry.ts";
import { useApplyChanges } from "./stream-changes.ts";
import { useTRPC } from "./trpc.ts";

export type StreamState = "connecting" | "live" | "polling" | "offline";

const pollMs = 5_000;
const patienceMs = 3_000;
const StreamContext = createContext<StreamState>("connecting");

export function useStreamState(): StreamState {
  return useContext(StreamContext);
}

function useOnline(): boolean {
  const [online, setOnline] = useState(true);
  useEffect(() => {
    const read = () => setOnline(navigator.onLine);
    read();
    window.addEventListener("online", read);
    window.addEventListener("offline", read);
    return () => {
      window.removeEventListener("online", read);
      window.removeEventListener("offline", read);
    };
  }, []);
  return online;
}

function useLate(waiting: boolean): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!waiting) return setLate(false);
    const timer = setTimeout(() => setLate(true), patienceMs);
    return () => clearTimeout(timer);
  }, [waiting]);
  return late;
}

function usePolling(active: boolean): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => queries.invalidateQueries({ refetchType: "active" }), pollMs);
    return () => clearInterval(timer);
  }, [active, queries]);
}

function Stream({ status, children }: { status: string; children: ReactNode }) {
  const online = useOnline();
  const live = status === "pending";
  const late = useLate(!live);
  usePolling(online && late);
  return <StreamContext value={stateOf(online, live, late)}>{children}</StreamContext>;
}

function stateOf(online: boolean, live: boolean, late: boolean): StreamState {
  if (!online) return "offline";
  if (live) return "live";
  return late ? "polling" : "connecting";
}

export function ProjectStream({ projectId, children }: { projectId: string; children: ReactNode }) {
  const trpc = useTRPC();
  const apply = useApplyChanges(projectId);
  const stream = useSubscription(
    trpc.event.stream.subscriptionOptions(
      { projectId },
      {
        onData: (message) => {
          const data = "data" in message ? message.data : message;
          if (data.type === "ended") return setSessionExpired(true);
          apply(data.type === "resync" ? null : data.resources);
        },
      },
    ),
  );
  return <Stream status={stream.status}>{children}</Stream>;
}

export function CloudStream({ children }: { children: ReactNode }) {
  const trpc = useTRPC();
  const apply = useApplyChanges(null);
  const stream = useSubscription(
    trpc.admin.event.stream.subscriptionOptions(
      {},
      {
        onData: (message) => {
          const data = "data" in message ? message.data : message;
          if (data.type === "ended") return setSessionExpired(true);
          apply(data.type === "resync" ? null : data.resources);
        },
      },
    ),
  );
  return <Stream status={stream.status}>{children}</Stream>;
}
