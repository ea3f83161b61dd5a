/** Application credentials over HTTP: which requests come with one, and what a refused one is told (RFC 6750). */
import type { IncomingMessage } from "node:http";

const scheme = /^bearer(\s|$)/i;
const shape = /^bearer +(\S+)$/i;

/**
 * What the Authorization header carries after "Bearer"; null without such a header, and then a cookie may count. One that
 * is malformed or sent twice is "", which nobody's credential is.
 */
export function bearerOf(request: Pick<IncomingMessage, "headersDistinct">): string | null {
  const sent = request.headersDistinct.authorization ?? [];
  if (!sent.some((header) => scheme.test(header))) return null;
  const [header = ""] = sent;
  return sent.length === 1 ? (shape.exec(header)?.[1] ?? "") : "";
}

const programPaths = ["/api/trpc/", "/api/images/"];

/**
 * True for calls of the API by a program. No page of another origin can send the header: browsers ask first, and nobody
 * here ever says yes (there are no CORS headers).
 */
export function isProgramCall(request: IncomingMessage): boolean {
  return programPaths.some((path) => (request.url ?? "").startsWith(path)) && bearerOf(request) !== null;
}

/** WWW-Authenticate of a 401. */
export function challenge(bearer: string | null): string {
  return bearer === null ? "Bearer" : `Bearer error="invalid_token"`;
}
