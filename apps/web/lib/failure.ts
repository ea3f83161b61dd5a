/** Anything a call threw, in the one shape that the portal knows how to tell. */
import { type PublicError, publicError } from "@madang/core/errors";
import { TRPCClientError } from "@trpc/client";
import { z } from "zod";

export type Failure = { error: PublicError; requestId: string | null };

const errorData = z.object({
  cloud: publicError.optional(),
  requestId: z.string().nullish(),
  code: z.string().optional(),
});

const ownCodes: Record<string, PublicError["code"]> = {
  UNAUTHORIZED: "Unauthenticated",
  FORBIDDEN: "Forbidden",
  NOT_FOUND: "NotFound",
  BAD_REQUEST: "InvalidInput",
  CONFLICT: "Conflict",
  TOO_MANY_REQUESTS: "TooManyRequests",
  SERVICE_UNAVAILABLE: "Unavailable",
  TIMEOUT: "Unavailable",
};

function plain(code: PublicError["code"], reason: string, message: string): PublicError {
  return { code, reason, message, retry: "later" };
}

export function failureOf(thrown: unknown): Failure {
  const data = thrown instanceof TRPCClientError ? errorData.safeParse(thrown.data) : null;
  if (!data?.success)
    return { error: plain("Unavailable", "unreachable", "The server did not answer."), requestId: null };
  const requestId = data.data.requestId ?? null;
  if (data.data.cloud) return { error: data.data.cloud, requestId };
  const code = ownCodes[data.data.code ?? ""] ?? "Internal";
  return { error: plain(code, code, "The request failed."), requestId };
}

export function isSignedOut(thrown: unknown): boolean {
  return thrown instanceof TRPCClientError && failureOf(thrown).error.code === "Unauthenticated";
}
