/** The typed client. Queries and mutations go over HTTP in batches, subscriptions over the tab's one WebSocket. */
import type { AppRouter } from "@madang/api";
import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  type OperationLink,
  splitLink,
  type TRPCLink,
  type TRPCWebSocketClient,
  wsLink,
} from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import superjson from "superjson";
import { confirmLink } from "./confirmation.ts";

export const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();

const maxUrlLength = 6_000;
const longestRetryMs = 10_000;

function socketUrl(): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/trpc`;
}

/** The tab's one socket; it carries the session it was opened with. */
let socket: TRPCWebSocketClient | null = null;

/** Opens the socket anew, with the session that the browser has now; what is subscribed goes on where it was. */
export function renewSocket(): void {
  const connection = socket?.connection;
  if (connection?.state === "open") connection.ws.close();
}

function openSocket(): TRPCWebSocketClient {
  socket = createWSClient({
    url: socketUrl,
    retryDelayMs: (attempt) => Math.min(longestRetryMs, 500 * 2 ** attempt),
    keepAlive: { enabled: true, intervalMs: 10_000, pongTimeoutMs: 5_000 },
  });
  return socket;
}

/** Opens the socket with the first subscription, then keeps it: who is not signed in would only be refused. */
const socketLink: TRPCLink<AppRouter> = (runtime) => {
  let link: OperationLink<AppRouter> | null = null;
  return (call) => {
    link ??= wsLink<AppRouter>({ client: openSocket(), transformer: superjson })(runtime);
    return link(call);
  };
};

export function makeClient() {
  const http = httpBatchLink({
    url: "/api/trpc",
    transformer: superjson,
    maxURLLength: maxUrlLength,
    maxItems: 20,
  });
  return createTRPCClient<AppRouter>({
    links: [
      confirmLink,
      splitLink({
        condition: (operation) => operation.type === "subscription",
        true: socketLink,
        false: http,
      }),
    ],
  });
}
