/** Who calls, as far as the transport knows; the same for HTTP calls, exports and WebSockets. */
import type { IncomingMessage } from "node:http";
import type { Caller } from "@madang/api";
import { bearerOf } from "./bearer.ts";
import { clientAddress, type ProxyTrust } from "./client-address.ts";
import { sessionIdOf } from "./session-cookie.ts";

/** `url`: the address people type. */
export type CallerDeps = { trust: ProxyTrust; sessionKey: string; url: string };

/** As browsers see it, whoever ends TLS. */
export function isSecure({ url }: Pick<CallerDeps, "url">): boolean {
  return url.startsWith("https:");
}

export async function callerOf(
  { trust, sessionKey, url }: CallerDeps,
  request: IncomingMessage,
  requestId: string,
): Promise<Caller> {
  const bearer = bearerOf(request);
  return {
    sessionId: bearer === null ? await sessionIdOf(request, sessionKey, isSecure({ url })) : null,
    bearer,
    requestId,
    address: clientAddress(request, trust),
    userAgent: String(request.headers["user-agent"] ?? ""),
  };
}
