"use client";

/**
 * The live stream of what is looked at: one project, or for administrators the whole cloud. It only says what
 * changed; queries fetch the truth. While it is down everything on screen is asked again every few seconds.
 */
import { useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import {
  createContext,
  type ReactNode,
  type RefObject,
  useContext,
  useEffect,
  useRef,
  useState,
} from "react";
import { setSessionExpired, useSessionExpired } from "./session-expiry.ts";
import { useApplyChanges } from "./stream-changes.ts";
import { useTRPC } from "./trpc.ts";

/** `stalled`: the connection stands, but the portal itself hears nothing new. */
export type StreamState = "connecting" | "live" | "stalled" | "polling" | "offline";

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

type Subscribed = { status: string; reset: () => void };
type Message =
  | { type: "events"; resources: readonly Resource[] }
  | { type: "resync" }
  | { type: "stalled"; stalled: boolean }
  | { type: "ended"; reason: string };
type Resource = { kind: string; id: string };

/** A subscription that was refused or ended is asked for again, at once after a new sign-in. */
export function useRevival({ status, reset }: Subscribed, ended: RefObject<boolean>): void {
  const expired = useSessionExpired();
  const dead = status === "error";
  useEffect(() => {
    if (!dead || expired) return;
    const timer = setTimeout(reset, pollMs);
    return () => clearTimeout(timer);
  }, [dead, expired, reset]);
  useEffect(() => {
    if (expired || !ended.current) return;
    ended.current = false;
    reset();
  }, [expired, ended, reset]);
}

function useListener(projectId: string | null) {
  const queries = useQueryClient();
  const apply = useApplyChanges(projectId);
  const ended = useRef(false);
  const [stalled, setStalled] = useState(false);
  const onMessage = (message: Message) => {
    // A new connection begins with events, and is told at once if it stalls.
    setStalled(message.type === "stalled" && message.stalled);
    if (message.type === "events") return apply(message.resources);
    if (message.type === "resync") return apply(null);
    // What failed meanwhile is asked again as soon as it can be answered.
    if (message.type === "stalled") return message.stalled ? undefined : apply(null);
    ended.current = true;
    if (message.reason === "signedOut") return setSessionExpired(true);
    // A role was taken away: what may still be seen is asked anew, beginning with who one is.
    void queries.invalidateQueries();
  };
  return { onMessage, ended, stalled };
}

function Stream({
  subscribed,
  ended,
  stalled,
  children,
}: {
  subscribed: Subscribed;
  ended: RefObject<boolean>;
  stalled: boolean;
  children: ReactNode;
}) {
  const online = useOnline();
  const live = subscribed.status === "pending";
  const late = useLate(!live);
  usePolling(online && late);
  useRevival(subscribed, ended);
  const state = stateOf(online, live, late);
  return <StreamContext value={state === "live" && stalled ? "stalled" : state}>{children}</StreamContext>;
}

function stateOf(online: boolean, live: boolean, late: boolean): StreamState {
  if (!online) return "offline";
  if (live) return "live";
  return late ? "polling" : "connecting";
}

export function ProjectStream({ projectId, children }: { projectId: string; children: ReactNode }) {
  const trpc = useTRPC();
  const { onMessage, ended, stalled } = useListener(projectId);
  const options = trpc.event.stream.subscriptionOptions(
    { projectId },
    { onData: ({ data }) => onMessage(data) },
  );
  const subscribed = useSubscription(options);
  return (
    <Stream subscribed={subscribed} ended={ended} stalled={stalled}>
      {children}
    </Stream>
  );
}

export function CloudStream({ children }: { children: ReactNode }) {
  const trpc = useTRPC();
  const { onMessage, ended, stalled } = useListener(null);
  const options = trpc.admin.event.stream.subscriptionOptions({}, { onData: ({ data }) => onMessage(data) });
  const subscribed = useSubscription(options);
  return (
    <Stream subscribed={subscribed} ended={ended} stalled={stalled}>
      {children}
    </Stream>
  );
}
