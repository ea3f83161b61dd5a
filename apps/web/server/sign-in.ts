/** next-auth behind Fastify: it checks the CSRF token and keeps the cookie; who may sign in, packages/api decides. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type AdmissionDeps, signOut, verifyCredentials } from "@madang/api";
import { type Outcome, type RateLimits, sessionMaxAgeSeconds } from "@madang/api/server";
import { CloudError } from "@madang/core/errors";
import type { AuthOptions } from "next-auth";
import { z } from "zod";
import { credentialsProvider, nextAuth } from "./commonjs.ts";
import { type CookieKind, cookieName, readCookies, sessionIdOf } from "./session-cookie.ts";

export type SignInDeps = AdmissionDeps & { limits: RateLimits };
export type SignInRequest = {
  raw: IncomingMessage;
  query: Record<string, string | string[]>;
  body: Record<string, string>;
  address: string;
  userAgent: string;
  requestId: string;
  /** Told of every attempt: who it was, or null, and how it ended. */
  tell: (userId: string | null, outcome: SignInOutcome) => void;
};
export type SignInOutcome = Outcome | "wrong" | "codeNeeded";
export type SignInSettings = { secret: string; secure: boolean };

const claims = z.object({ sid: z.uuid() });
const anyText = z.string().catch("");
/** A body may be JSON, and hold anything. */
const typed = z.object({ username: anyText, password: anyText, code: anyText });
type Refusal = { error: CloudError | null };

/** Answers on `response`. A sign-in that was refused for its frequency gets 429 with Retry-After. */
export async function handleSignIn(
  deps: SignInDeps,
  settings: SignInSettings,
  request: SignInRequest,
  response: ServerResponse,
): Promise<void> {
  const refusal: Refusal = { error: null };
  const handler: (request: object, response: object) => Promise<void> = nextAuth(
    options(deps, settings, request, refusal),
  );
  const { raw, query, body } = request;
  const sent = Object.fromEntries(readCookies(raw.headers.cookie));
  await handler(
    { method: raw.method, headers: raw.headers, query, body, cookies: sent },
    answering(response, refusal),
  );
}

function cookies(secret: string, secure: boolean): AuthOptions["cookies"] {
  const options = { httpOnly: true, sameSite: "lax", path: "/", secure };
  const cookie = (what: CookieKind) => ({
    name: cookieName(what, secret, secure),
    options,
  });
  return {
    sessionToken: cookie("session-token"),
    callbackUrl: cookie("callback-url"),
    csrfToken: cookie("csrf-token"),
  };
}

function options(
  deps: SignInDeps,
  { secret, secure }: SignInSettings,
  { raw, address, userAgent, requestId, tell }: SignInRequest,
  refusal: Refusal,
): AuthOptions {
  return {
    secret,
    useSecureCookies: secure,
    cookies: cookies(secret, secure),
    session: { strategy: "jwt", maxAge: sessionMaxAgeSeconds },
    pages: { signIn: "/sign-in", error: "/sign-in", signOut: "/sign-in" },
    providers: [
      credentialsProvider({
        credentials: { username: {}, password: {}, code: {} },
        authorize: async (credentials) => {
          const attempt = {
            ...typed.parse(credentials ?? {}),
            earlierSessionId: await sessionIdOf(raw, secret, secure),
            address,
            userAgent,
            requestId,
          };
          const answer = await verifyCredentials(deps, attempt).catch((error: unknown) => {
            refusal.error =
              error instanceof CloudError ? error : new CloudError("Internal", "", { cause: error });
            tell(null, refusal.error.code);
            throw new Error(refusal.error.code);
          });
          if (!("refused" in answer)) {
            tell(answer.userId, "ok");
            return { id: answer.userId, name: answer.name, sid: answer.sessionId };
          }
          tell(null, answer.refused === "codeNeeded" ? "codeNeeded" : "wrong");
          if (answer.refused === "wrong") return null;
          // next-auth answers 401 with this word as the address's `error`: the page then asks for the code.
          throw new Error(answer.refused);
        },
      }),
    ],
    callbacks: {
      jwt: ({ token, user }) => {
        const parsed = claims.safeParse(user);
        return parsed.success ? { ...token, sid: parsed.data.sid } : token;
      },
    },
    events: {
      signOut: async ({ token }) => {
        const parsed = claims.safeParse(token);
        if (parsed.success) await signOut(deps, parsed.data.sid, address, requestId);
      },
    },
    logger: { error: () => {}, warn: () => {}, debug: () => {} },
  };
}

const statusOf: ReadonlyMap<string, number> = new Map([
  ["TooManyRequests", 429],
  ["Unavailable", 503],
]);

/** What next-auth expects of a response, over node's own. */
function answering(response: ServerResponse, refusal: Refusal) {
  const status = (code: number) => {
    response.statusCode = refused(refusal) ?? code;
    const seconds = refusal.error?.options.params?.seconds;
    if (seconds !== undefined) response.setHeader("retry-after", String(seconds));
    return answer;
  };
  const json = (body: unknown) => {
    response.setHeader("content-type", "application/json; charset=utf-8");
    response.end(JSON.stringify(body));
  };
  const send = (body: unknown) => {
    if (typeof body === "string" || body === undefined || body === null) response.end(body ?? "");
    else json(body);
  };
  const answer = {
    status,
    json,
    send,
    end: () => response.end(),
    getHeader: (name: string) => response.getHeader(name),
    setHeader: (name: string, value: string | string[]) => {
      response.setHeader(name, value);
      return answer;
    },
  };
  return answer;
}

function refused({ error }: Refusal): number | null {
  return error && (statusOf.get(error.code) ?? 500);
}
