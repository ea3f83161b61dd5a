/** Calls to the control plane over one mutual-TLS connection, typed end to end by the API's own router. */
import type { AgentRouter } from "@madang/api/agent";
import { CloudError, publicError } from "@madang/core/errors";
import {
  type JoinAnswer,
  joinAnswer,
  type joinInput,
  longPollMs,
  type ReportInput,
  type Snapshot,
  snapshot,
} from "@madang/core/wire/agent";
import { createTRPCClient, httpLink, TRPCClientError } from "@trpc/client";
import superjson from "superjson";
import { type Agent, fetch, type RequestInit } from "undici";
import { z } from "zod";

type PullInput = { version: 1; bootId: string; revision: string | null };

export type Link = {
  join: (input: z.infer<typeof joinInput>) => Promise<JoinAnswer>;
  /** Answers as soon as the snapshot differs from `revision`, or with the same one after the long poll. */
  pull: (input: PullInput, signal: AbortSignal) => Promise<Snapshot>;
  report: (input: ReportInput) => Promise<void>;
  renew: (csr: string) => Promise<string>;
  userData: (sha256: string, signal: AbortSignal) => Promise<Uint8Array>;
  image: (sha256: string, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;
};

/** A call that has no answer after this is given up, ms; a pull is held open on purpose. */
const callMs = 20_000;
const pullMs = longPollMs + callMs;
/** The server waits up to 30 s for a signature. */
const signMs = 45_000;

export function openLink(url: string, connection: Agent): Link {
  const base = url.replace(/\/+$/, "");
  const send = (path: string, init: RequestInit = {}) =>
    fetch(`${base}${path}`, { ...init, dispatcher: connection }).catch((error) => {
      throw unreachable(error);
    });
  const client = createTRPCClient<AgentRouter>({
    links: [
      httpLink({
        url: `${base}/trpc`,
        transformer: superjson,
        fetch: (input, init) => fetch(String(input), { ...fetchInit(init), dispatcher: connection }),
      }),
    ],
  });
  const within = (ms: number, signal?: AbortSignal) =>
    signal ? AbortSignal.any([signal, AbortSignal.timeout(ms)]) : AbortSignal.timeout(ms);

  return {
    join: async (input) => {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify(input);
      const response = await send("/join", { method: "POST", headers, body, signal: within(signMs) });
      if (!response.ok) throw refusal(response.status, await response.text());
      return joinAnswer.parse(await response.json());
    },
    pull: async (input, signal) =>
      snapshot.parse(await client.pull.query(input, { signal: within(pullMs, signal) }).catch(rethrow)),
    report: async (input) => {
      await client.report.mutate(input, { signal: within(callMs) }).catch(rethrow);
    },
    renew: async (csr) => {
      const { certificate } = await client.renew.mutate({ csr }, { signal: within(signMs) }).catch(rethrow);
      return certificate;
    },
    userData: async (sha256, signal) => {
      const answer = await client.userData
        .query({ sha256 }, { signal: within(callMs, signal) })
        .catch(rethrow);
      return Buffer.from(answer.base64, "base64");
    },
    image: async (sha256, signal) => {
      const response = await send(`/images/${sha256}`, { signal });
      if (response.ok && response.body) return response.body;
      throw refusal(response.status, await response.text());
    },
  };
}

type FetchInit = { method?: string; headers?: Record<string, string>; body?: string; signal?: AbortSignal };
const fetchInitShape = z.object({
  method: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.string().optional(),
  signal: z.instanceof(AbortSignal).optional(),
});

/** tRPC's idea of a request is the DOM's; of it we send only what JSON calls need. */
function fetchInit(init: unknown): FetchInit {
  return fetchInitShape.parse(init ?? {});
}

const carried = z.object({ cloud: publicError });

function rethrow(error: unknown): never {
  if (!(error instanceof TRPCClientError)) throw unreachable(error);
  const { success, data } = carried.safeParse(error.data);
  if (!success) throw unreachable(error);
  const { code, message, ...options } = data.cloud;
  throw new CloudError(code, message, { ...options, cause: error });
}

const refusalBody = z.union([publicError, carried.transform(({ cloud }) => cloud)]);

function refusal(status: number, body: string): CloudError {
  const parsed = refusalBody.safeParse(parseJson(body));
  if (!parsed.success)
    return new CloudError("Unavailable", "The control plane gave an unexpected answer.", {
      reason: "controlPlane",
      retry: "later",
      detail: `${status} ${body.slice(0, 200)}`,
    });
  const { code, message, ...options } = parsed.data;
  return new CloudError(code, message, options);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function unreachable(error: unknown): CloudError {
  const text = error instanceof Error ? `${error.message} ${error.cause ?? ""}` : String(error);
  return new CloudError("Unavailable", "The control plane cannot be reached.", {
    reason: "controlPlane",
    retry: "later",
    detail: text.slice(0, 300),
    cause: error,
  });
}
