/** The typed client. Queries and mutations go over HTTP in batches, subscriptions over the tab's one WebSocket. */
import type { AppRouter } from "@madang/api";
import { createTRPCClient, createWSClient, httpBatchLink, splitLink, wsLink } from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import superjson from "superjson";

export const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();

const maxUrlLength = 6_000;
const longestRetryMs = 10_000;

function socketUrl(): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/trpc`;
}

/** Its socket is opened at once: the state of the stream must be known before anything is asked of it. */
export function makeClient() {
  const http = httpBatchLink({
    url: "/api/trpc",
    transformer: superjson,
    maxURLLength: maxUrlLength,
    maxItems: 20,
  });
  // On the server nothing is fetched; the page renders its frame and the browser asks.
  if (typeof window === "undefined") return createTRPCClient<AppRouter>({ links: [http] });
  const socket = createWSClient({
    url: socketUrl,
    retryDelayMs: (attempt) => Math.min(longestRetryMs, 500 * 2 ** attempt),
    keepAlive: { enabled: true, intervalMs: 10_000, pongTimeoutMs: 5_000 },
  });
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (operation) => operation.type === "subscription",
        true: wsLink({ client: socket, transformer: superjson }),
        false: http,
      }),
    ],
  });
}
