"use client";

import { useQuery } from "@tanstack/react-query";
import { useTRPCClient } from "../../lib/trpc.ts";
import { endingOf, type LossReason } from "./close-code.ts";

export class LogLost extends Error {
  readonly reason: LossReason;

  constructor(reason: LossReason) {
    super(reason);
    this.reason = reason;
  }
}

/** Reads one console socket to its end. */
function readAll(path: string, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")));
    const parts: Uint8Array[] = [];
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", (event: MessageEvent<ArrayBuffer>) =>
      parts.push(new Uint8Array(event.data)),
    );
    signal.addEventListener("abort", () => socket.close());
    socket.addEventListener("close", async (event) => {
      const ending = endingOf(event.code);
      if (ending.kind === "lost") return reject(new LogLost(ending.reason));
      const whole = await new Blob(parts.map((part) => part.slice())).arrayBuffer();
      resolve(new Uint8Array(whole));
    });
  });
}

/** The tail of the guest's serial log, as text. */
export function useLog(projectId: string, id: string) {
  const client = useTRPCClient();
  return useQuery({
    queryKey: ["serial-log", projectId, id],
    queryFn: async ({ signal }) => {
      const { path } = await client.instance.openConsole.mutate({ projectId, id, kind: "log" });
      return new TextDecoder().decode(await readAll(path, signal));
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}
