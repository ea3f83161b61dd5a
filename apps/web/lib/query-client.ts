import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { failureOf, isSignedOut } from "./failure.ts";
import { setSessionExpired } from "./session-expiry.ts";

const freshMs = 10_000;
const tries = 2;

function noteExpiry(error: unknown): void {
  if (isSignedOut(error)) setSessionExpired(true);
}

/** Retries only what may pass by itself: a refusal is shown at once. */
function worthRetrying(count: number, error: unknown): boolean {
  return count < tries && failureOf(error).error.code === "Unavailable";
}

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: noteExpiry }),
    mutationCache: new MutationCache({ onError: noteExpiry }),
    defaultOptions: {
      queries: { staleTime: freshMs, retry: worthRetrying, networkMode: "always" },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}
