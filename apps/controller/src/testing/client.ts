/** Calls to a cloud's API whose refusals are of interest: how long they took, and in which words they were refused. */
import { z } from "zod";

export type Answer = {
  status: number;
  /** null when it was done. */
  code: string | null;
  reason: string | null;
  data: unknown;
  ms: number;
};
export type Ask = (path: string, input: object, method?: "GET" | "POST") => Promise<Answer>;

const refusal = z.object({ code: z.string(), reason: z.string() });
const body = z.union([
  z
    .object({ result: z.object({ data: z.object({ json: z.unknown().optional() }) }) })
    .transform(({ result }) => ({ data: result.data.json, code: null, reason: null })),
  z
    .object({ error: z.object({ json: z.object({ data: z.object({ cloud: refusal }) }) }) })
    .transform(({ error }) => ({ data: null, ...error.json.data.cloud })),
  z.object({ cloud: refusal }).transform(({ cloud }) => ({ data: null, ...cloud })),
]);

/** Throws for an answer that is not in our words. */
export function clientOf(url: string, cookie: string): Ask {
  return async (path, input, method = "POST") => {
    const json = JSON.stringify({ json: input });
    const query = method === "GET" ? `?input=${encodeURIComponent(json)}` : "";
    const began = performance.now();
    const response = await fetch(`${url}/api/trpc/${path}${query}`, {
      method,
      headers: { cookie, origin: url, "content-type": "application/json" },
      ...(method === "POST" ? { body: json } : {}),
    });
    const text = await response.text();
    const ms = performance.now() - began;
    const { code, reason, data } = body.parse(JSON.parse(text));
    return { status: response.status, code, reason, data, ms };
  };
}

export type SignInAnswer = { status: number; cookie: string | null; ms: number };

/** `address`: where a trusted proxy says that the person is. */
export async function signInAs(
  url: string,
  username: string,
  password: string,
  address?: string,
): Promise<SignInAnswer> {
  const from: Record<string, string> = address === undefined ? {} : { "x-forwarded-for": address };
  const began = performance.now();
  const csrf = await fetch(`${url}/api/auth/csrf`, { headers: from });
  const { csrfToken } = z.object({ csrfToken: z.string() }).parse(await csrf.json());
  const sent = cookiesOf(csrf).join("; ");
  const response = await fetch(`${url}/api/auth/callback/credentials`, {
    method: "POST",
    headers: { ...from, "content-type": "application/x-www-form-urlencoded", cookie: sent, origin: url },
    body: new URLSearchParams({ csrfToken, username, password, json: "true" }),
  });
  await response.arrayBuffer();
  const session = cookiesOf(response).filter((cookie) => cookie.includes("session-token"));
  const cookie = session.length > 0 ? session.join("; ") : null;
  return { status: response.status, cookie, ms: performance.now() - began };
}

function cookiesOf(response: Response): string[] {
  return response.headers.getSetCookie().map((line) => line.split(";")[0] ?? "");
}

/** The value below which 95 of 100 lie. */
export function p95(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95) - 1)] ?? Number.NaN;
}
