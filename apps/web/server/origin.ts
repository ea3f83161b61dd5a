import type { IncomingMessage } from "node:http";
import { CloudError } from "@madang/core/errors";

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

/** It is taken note of who takes a file, so nobody else's page may make him take one. Throws Forbidden. */
export function requireOwnPage({ headers }: IncomingMessage): void {
  if (headers["sec-fetch-site"] !== "cross-site") return;
  throw new CloudError("Forbidden", "This request is not from a page of Madang.", {
    reason: "foreignOrigin",
  });
}
