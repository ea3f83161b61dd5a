/** A script's view of Madang: sign-in and tRPC over plain HTTP, so that journeys can set up and check without the portal. */
import { sharedCloud } from "./shared.ts";

export type ApiError = { status: number; code: string; reason: string; requestId: string; raw: string };
export class RefusedError extends Error {
  readonly answer: ApiError;
  constructor(answer: ApiError) {
    super(`${answer.status} ${answer.code} ${answer.reason}`);
    this.answer = answer;
  }
}

export type Api = {
  cookie: string;
  query: <T>(path: string, input?: unknown) => Promise<T>;
  mutate: <T>(path: string, input?: unknown) => Promise<T>;
};

function cookiesOf(response: Response): string[] {
  return response.headers.getSetCookie().map((line) => line.split(";")[0] ?? "");
}

/** The session cookie, or null when the sign-in was refused. */
export async function signInCookie(
  username: string,
  password: string,
  url = sharedCloud().url,
): Promise<string | null> {
  const csrf = await fetch(`${url}/api/auth/csrf`);
  const { csrfToken } = JSON.parse(await csrf.text());
  const before = cookiesOf(csrf).join("; ");
  const answer = await fetch(`${url}/api/auth/callback/credentials`, {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/x-www-form-urlencoded", cookie: before, origin: url },
    body: new URLSearchParams({ csrfToken, username, password, json: "true" }),
  });
  const session = cookiesOf(answer).filter((cookie) => cookie.includes("session-token"));
  return session.length === 0 ? null : session.join("; ");
}

/** Signs out as the portal does; the cookie is kept by the caller, to see that it is worth nothing now. */
export async function signOut(cookie: string): Promise<void> {
  const { url } = sharedCloud();
  const csrf = await fetch(`${url}/api/auth/csrf`);
  const { csrfToken } = JSON.parse(await csrf.text());
  await fetch(`${url}/api/auth/signout`, {
    method: "POST",
    redirect: "manual",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      cookie: [...cookiesOf(csrf), cookie].join("; "),
      origin: url,
    },
    body: new URLSearchParams({ csrfToken, json: "true" }),
  });
}

/** Signs in to the journeys' shared cloud. */
export function signIn(username: string, password: string): Promise<Api> {
  return signInTo(sharedCloud().url, username, password);
}

export async function signInTo(url: string, username: string, password: string): Promise<Api> {
  const cookie = await signInCookie(username, password, url);
  if (cookie === null) throw new Error(`sign-in of ${username} was refused`);
  return apiWith(cookie, url);
}

export function apiWith(cookie: string, url = sharedCloud().url): Api {
  const to = { url, cookie };
  return {
    cookie,
    query: (path, input) => call(to, "GET", path, input),
    mutate: (path, input) => call(to, "POST", path, input),
  };
}

async function call<T>(
  { url, cookie }: { url: string; cookie: string },
  method: "GET" | "POST",
  path: string,
  input: unknown,
): Promise<T> {
  const wrapped = JSON.stringify({ json: input ?? {} });
  const query = method === "GET" ? `?input=${encodeURIComponent(wrapped)}` : "";
  const response = await fetch(`${url}/api/trpc/${path}${query}`, {
    method,
    headers: { cookie, origin: url, "content-type": "application/json" },
    ...(method === "POST" ? { body: wrapped } : {}),
  });
  const raw = await response.text();
  if (response.ok) return JSON.parse(raw).result.data.json;
  throw new RefusedError(refusal(response.status, raw));
}

function refusal(status: number, raw: string): ApiError {
  const data = JSON.parse(raw).error?.json?.data ?? {};
  return {
    status,
    code: data.cloud?.code ?? "",
    reason: data.cloud?.reason ?? "",
    requestId: data.requestId ?? "",
    raw,
  };
}

/** What a call was refused with; fails when it was not. */
export async function refused(attempt: Promise<unknown>): Promise<ApiError> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof RefusedError) return error.answer;
    throw error;
  }
  throw new Error("expected a refusal");
}
