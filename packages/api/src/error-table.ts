/** CloudError to tRPC and back, in one table. */
import { asCloudError, CloudError, type ErrorCode } from "@madang/core/errors";
import { asUnavailable } from "@madang/db";
import { TRPCError } from "@trpc/server";
import { ZodError } from "zod";

type TrpcCode = TRPCError["code"];

export const trpcCodes: Record<ErrorCode, TrpcCode> = {
  InvalidInput: "BAD_REQUEST",
  Unauthenticated: "UNAUTHORIZED",
  Forbidden: "FORBIDDEN",
  NotFound: "NOT_FOUND",
  Conflict: "CONFLICT",
  InvalidState: "CONFLICT",
  QuotaExceeded: "FORBIDDEN",
  NoValidHost: "UNPROCESSABLE_CONTENT",
  TooManyRequests: "TOO_MANY_REQUESTS",
  Unavailable: "SERVICE_UNAVAILABLE",
  Unsupported: "NOT_IMPLEMENTED",
  Internal: "INTERNAL_SERVER_ERROR",
};

/** What tRPC throws itself, before any of our code runs. */
const ownCodes: Partial<Record<TrpcCode, { code: ErrorCode; message: string; reason: string }>> = {
  PARSE_ERROR: { code: "InvalidInput", message: "The request could not be read.", reason: "malformed" },
  BAD_REQUEST: { code: "InvalidInput", message: "The request could not be read.", reason: "malformed" },
  NOT_FOUND: { code: "NotFound", message: "There is no such call.", reason: "noSuchCall" },
  METHOD_NOT_SUPPORTED: {
    code: "InvalidInput",
    message: "Wrong HTTP method for this call.",
    reason: "malformed",
  },
  UNSUPPORTED_MEDIA_TYPE: { code: "InvalidInput", message: "The body must be JSON.", reason: "malformed" },
  PAYLOAD_TOO_LARGE: { code: "InvalidInput", message: "The request is too large.", reason: "tooLarge" },
};

export function cloudErrorOf(error: TRPCError): CloudError {
  const cause: unknown = error.cause;
  if (cause instanceof CloudError) return cause;
  if (cause instanceof ZodError) return invalidInput(cause);
  if (error.code !== "INTERNAL_SERVER_ERROR") {
    const own = ownCodes[error.code];
    if (own) return new CloudError(own.code, own.message, { reason: own.reason, cause: error });
  }
  return asCloudError(asUnavailable(cause ?? error));
}

/** The first fault names the field; its key in the schemas of core is the reason. */
export function invalidInput(error: ZodError): CloudError {
  const [issue] = error.issues;
  const reason = issue && /^[a-z][A-Za-z]{2,40}$/.test(issue.message) ? issue.message : "invalidInput";
  return new CloudError("InvalidInput", "Some of what was sent is not valid.", {
    reason,
    field: issue?.path.map(String).join(".") ?? "",
    cause: error,
  });
}

export function toTrpcError(error: unknown): TRPCError {
  const cloud = error instanceof TRPCError ? cloudErrorOf(error) : asCloudError(asUnavailable(error));
  return new TRPCError({ code: trpcCodes[cloud.code], message: cloud.message, cause: cloud });
}
