/**
 * The one error of Madang. `message` is safe for users; `detail` is for operators and never leaves the server.
 * Drivers, admission verbs and the agent throw it; anything else is Internal and is logged, never shown.
 */
import { z } from "zod";

export const errorCodes = [
  "InvalidInput",
  "Unauthenticated",
  "Forbidden",
  "NotFound",
  "Conflict",
  "InvalidState",
  "QuotaExceeded",
  "NoValidHost",
  "TooManyRequests",
  "Unavailable",
  "Unsupported",
  "Internal",
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** What one exceeded quota looks like; units as in OpenStack (ram in MiB, gigabytes in GiB). -1 is unlimited. */
export const quotaExcess = z.object({
  resource: z.string(),
  limit: z.number(),
  inUse: z.number(),
  requested: z.number(),
  /** Of the volume type, where the limit is one of a type's. */
  typeName: z.string().optional(),
});
export type QuotaExcess = z.infer<typeof quotaExcess>;

/** The part of an error that may cross the wire to a browser or an agent. */
export const publicError = z.object({
  code: z.enum(errorCodes),
  /** A key of the catalogues (`errors.<reason>`), stable; the portal translates it with `params`. */
  reason: z.string(),
  message: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  /** The form field at fault, a dotted path, for InvalidInput and Conflict. */
  field: z.string().optional(),
  quota: z.array(quotaExcess).optional(),
  retry: z.enum(["never", "later", "elsewhere"]),
});
export type PublicError = z.infer<typeof publicError>;

type Options = Partial<Omit<PublicError, "code" | "message">> & { detail?: string; cause?: unknown };

export class CloudError extends Error {
  readonly code: ErrorCode;
  readonly options: Options;

  constructor(code: ErrorCode, message: string, options: Options = {}) {
    super(message, { cause: options.cause });
    this.name = "CloudError";
    this.code = code;
    this.options = options;
  }

  /** Everything a user may see; `detail` and `cause` stay behind. */
  toPublic(): PublicError {
    const { detail: _detail, cause: _cause, reason, retry, ...rest } = this.options;
    return {
      ...rest,
      code: this.code,
      message: this.message,
      reason: reason ?? this.code,
      retry: retry ?? "never",
    };
  }
}

/** Anything thrown, as a CloudError; what was not one becomes Internal with the original kept as cause. */
export function asCloudError(error: unknown): CloudError {
  if (error instanceof CloudError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new CloudError("Internal", "Something went wrong on our side.", {
    detail,
    cause: error,
    retry: "later",
  });
}
