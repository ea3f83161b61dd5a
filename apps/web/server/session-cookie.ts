/** The session id out of next-auth's cookie: the same at HTTP calls and at WebSocket upgrades. */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { decode } from "next-auth/jwt";
import { z } from "zod";

/** next-auth's own choice of what a browser must guarantee of a cookie sent over TLS. */
const prefixes = {
  "session-token": "__Secure-",
  "callback-url": "__Secure-",
  "csrf-token": "__Host-",
} as const;
export type CookieKind = keyof typeof prefixes;

const claims = z.object({ sid: z.uuid() });

/**
 * Browsers send cookies to every port of a host, so two copies beside each other would sign each other's people out:
 * each cloud's cookies carry a mark made from its own secret.
 */
export function cookieName(what: CookieKind, secret: string, secure: boolean): string {
  const mark = createHash("sha256").update(`cookie ${secret}`).digest("hex").slice(0, 8);
  return `${secure ? prefixes[what] : ""}next-auth.${what}-${mark}`;
}

/**
 * null without a cookie, or with one that is not ours; whether the session is still good the database decides. Served over
 * TLS only the cookie counts that a browser takes over TLS alone: the other one a neighbour in the domain could have planted.
 */
export async function sessionIdOf(
  request: IncomingMessage,
  secret: string,
  secure: boolean,
): Promise<string | null> {
  const cookies = readCookies(request.headers.cookie);
  const token = whole(cookies, cookieName("session-token", secret, secure));
  if (!token) return null;
  const decoded = await decode({ token, secret }).catch(() => null);
  const parsed = claims.safeParse(decoded);
  return parsed.success ? parsed.data.sid : null;
}

/** next-auth splits what is too large for one cookie into `.0`, `.1` … */
function whole(cookies: ReadonlyMap<string, string>, name: string): string {
  const one = cookies.get(name);
  if (one) return one;
  const parts: string[] = [];
  for (
    let part = cookies.get(`${name}.0`);
    part !== undefined;
    part = cookies.get(`${name}.${parts.length}`)
  ) {
    parts.push(part);
  }
  return parts.join("");
}

export function readCookies(header: string | undefined): Map<string, string> {
  const pairs = (header ?? "").split(";").flatMap((pair) => {
    const at = pair.indexOf("=");
    return at < 0 ? [] : [[pair.slice(0, at).trim(), decodeValue(pair.slice(at + 1).trim())] as const];
  });
  return new Map(pairs);
}

function decodeValue(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
