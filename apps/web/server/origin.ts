import type { IncomingMessage } from "node:http";

/**
 * True when a browser sent the request from a page of ours: its Origin is the public URL, or names the host it was sent
 * to. A browser can't be made to lie about either; a request without an Origin is not from a page that may change things.
 */
export function isOwnOrigin(request: IncomingMessage, publicUrl: string): boolean {
  const { origin, host } = request.headers;
  if (!origin) return false;
  if (origin === publicUrl) return true;
  const parsed = URL.parse(origin);
  return parsed?.protocol === URL.parse(publicUrl)?.protocol && parsed?.host !== "" && parsed?.host === host;
}
