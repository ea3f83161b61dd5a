"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import { isSignedOut } from "../../lib/failure.ts";
import type { InstanceDetail } from "../../lib/rows.ts";
import { setSessionExpired } from "../../lib/session-expiry.ts";
import { useTRPCClient } from "../../lib/trpc.ts";
import { endingOf, type LossReason, reconnectsByItself } from "./close-code.ts";

export type LinkState =
  | { name: "waiting" }
  | { name: "connecting" }
  | { name: "connected" }
  | { name: "lost"; reason: LossReason; retryAt: number | null }
  | { name: "ended" };

/** Binds a screen to a socket; answers what takes it off again. `onUp` says that the far end has answered. */
export type Attach = (socket: WebSocket, onUp: () => void) => () => void;

const retryDelaysMs = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

type Want = "waiting" | "open" | "ended";

/** Whether there is something to connect to: read from the live instance, so that it follows by itself. */
function wantOf(instance: InstanceDetail): Want {
  if (instance.powerState === "RUNNING") return "open";
  return instance.taskState && instance.taskState !== "deleting" ? "waiting" : "ended";
}

/** Keeps one console connected while its guest runs: waits for boot, connects, and reconnects with growing pauses. */
export function useConsoleLink(
  projectId: string,
  instance: InstanceDetail,
  kind: "vnc" | "serial",
  attach: Attach,
) {
  const client = useTRPCClient();
  const [state, setState] = useState<LinkState>({ name: "waiting" });
  const [consoleId, setConsoleId] = useState<string | null>(null);
  const [round, setRound] = useState(0);
  const viewOnly = useRef(false);
  const failures = useRef(0);
  const want = wantOf(instance);
  const { id } = instance;

  useEffect(() => {
    if (want !== "open") return setState(want === "ended" ? { name: "ended" } : { name: "waiting" });
    let over = false;
    let socket: WebSocket | null = null;
    let detach: (() => void) | null = null;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const retry = () => {
      const delay = retryDelaysMs[Math.min(failures.current, retryDelaysMs.length - 1)] ?? 0;
      failures.current += 1;
      timer = setTimeout(() => setRound((last) => last + 1), delay);
      return Date.now() + delay;
    };
    const lose = (reason: LossReason) => {
      if (reason === "sessionEnded") setSessionExpired(true);
      setState({ name: "lost", reason, retryAt: reconnectsByItself(reason) ? retry() : null });
    };
    // The guest's end of the line is gone: it stopped, which the stream tells soon, or it only restarts.
    const wait = () => {
      setState({ name: "waiting" });
      retry();
    };
    const onClose = (event: CloseEvent) => {
      if (over) return;
      detach?.();
      detach = null;
      const ending = endingOf(event.code);
      if (ending.kind === "lost") lose(ending.reason);
      else wait();
    };
    const open = async () => {
      setState({ name: "connecting" });
      try {
        const wish = { projectId, id, kind, viewOnly: viewOnly.current };
        const { path, consoleId: opened } = await client.instance.openConsole.mutate(wish);
        if (over) return;
        setConsoleId(opened);
        socket = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")));
        socket.binaryType = "arraybuffer";
        socket.addEventListener("close", onClose);
        detach = attach(socket, () => {
          failures.current = 0;
          setState({ name: "connected" });
        });
      } catch (thrown) {
        if (over) return;
        lose(isSignedOut(thrown) ? "sessionEnded" : "failed");
      }
    };
    void open();
    return () => {
      over = true;
      setConsoleId(null);
      if (timer) clearTimeout(timer);
      detach?.();
      socket?.close();
    };
  }, [want, round, projectId, id, kind, client, attach]);

  const reconnect = useCallback(() => {
    failures.current = 0;
    setRound((last) => last + 1);
  }, []);
  return { state, reconnect, consoleId, viewOnly };
}
