/** Signing in and out through next-auth's own endpoints, without leaving the page. */
import { z } from "zod";

type Reason = "wrong" | "codeNeeded" | "codeWrong" | "throttled" | "unreachable";
export type SignInResult = { ok: true } | { ok: false; reason: Reason; retryAfterSeconds: number | null };
export type Credentials = { username: string; password: string; code: string };

const tokenAnswer = z.object({ csrfToken: z.string() });
const urlAnswer = z.object({ url: z.string().nullish() });

async function post(path: string, fields: Record<string, string>): Promise<Response> {
  const token = tokenAnswer.parse(await (await fetch("/api/auth/csrf")).json());
  const body = new URLSearchParams({ ...fields, csrfToken: token.csrfToken, json: "true" });
  return fetch(path, { method: "POST", body });
}

function throttled(response: Response): SignInResult {
  const seconds = Number(response.headers.get("retry-after"));
  return { ok: false, reason: "throttled", retryAfterSeconds: seconds > 0 ? seconds : null };
}

async function answerOf(response: Response): Promise<SignInResult> {
  if (response.status === 429) return throttled(response);
  if (response.status >= 500) return { ok: false, reason: "unreachable", retryAfterSeconds: null };
  const answer = urlAnswer.safeParse(await response.json().catch(() => null));
  const url = answer.success ? answer.data.url : null;
  const error = url ? new URL(url, location.href).searchParams.get("error") : null;
  if (error && /toomany|throttl|rate/i.test(error)) return throttled(response);
  if (error === "codeNeeded" || error === "codeWrong")
    return { ok: false, reason: error, retryAfterSeconds: null };
  if (!response.ok || error) return { ok: false, reason: "wrong", retryAfterSeconds: null };
  return { ok: true };
}

/** `code`: empty until it is asked for. */
export async function signIn(credentials: Credentials): Promise<SignInResult> {
  try {
    const fields = { ...credentials, callbackUrl: location.origin, redirect: "false" };
    return await answerOf(await post("/api/auth/callback/credentials", fields));
  } catch {
    return { ok: false, reason: "unreachable", retryAfterSeconds: null };
  }
}

async function signOut(): Promise<void> {
  await post("/api/auth/signout", { callbackUrl: location.origin }).catch(() => undefined);
}

export async function leave(): Promise<void> {
  await signOut();
  // A whole load: nothing of this session may stay in memory.
  location.assign("/sign-in");
}

/** What asks for a password is nothing to go back to. */
const doors = /^\/(sign-in|change-password|reset-password)(\/|$)/;

/** Only a path of this very site may be gone to after signing in. */
export function safePath(wanted: string | null): string {
  if (!wanted) return "/";
  const url = URL.parse(wanted, location.origin);
  if (!url || url.origin !== location.origin || doors.test(url.pathname)) return "/";
  return url.pathname + url.search;
}
