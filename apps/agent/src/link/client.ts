/** Calls to the control plane over mutual TLS, at whichever of its addresses answers, typed end to end by the API's own router. */
import type { Readable } from "node:stream";
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
import { type ExportPiece, type ExportReport, exportAnswer, exportHeaders } from "@madang/core/wire/export";
import type { MetricsReport } from "@madang/core/wire/metrics";
import { createTRPCClient, httpLink, TRPCClientError } from "@trpc/client";
import superjson from "superjson";
import { type Agent, fetch, type RequestInit } from "undici";
import { z } from "zod";
import { type Route, Unreachable } from "./route.ts";

type PullInput = { version: 1; bootId: string; revision: string | null };

export type Link = {
  join: (input: z.infer<typeof joinInput>) => Promise<JoinAnswer>;
  /** Answers as soon as the snapshot differs from `revision`, or with the same one after the long poll. */
  pull: (input: PullInput, signal: AbortSignal) => Promise<Snapshot>;
  report: (input: ReportInput) => Promise<void>;
  /** What guests used; only to a control plane whose snapshot asks for it. */
  metrics: (input: MetricsReport) => Promise<void>;
  renew: (csr: string) => Promise<string>;
  userData: (sha256: string, signal: AbortSignal) => Promise<Uint8Array>;
  image: (sha256: string, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;
  exported: (report: ExportReport, signal: AbortSignal) => Promise<void>;
  /** Answers how much of the whole is there. */
  piece: (
    exportId: string,
    piece: ExportPiece,
    content: PieceContent,
    signal: AbortSignal,
  ) => Promise<number>;
};

/** Its body may be sent more than once. */
export type PieceContent = { body: () => Readable; length: number };

/** A call that has no answer after this is given up, ms; a pull is held open on purpose. */
const callMs = 20_000;
const pullMs = longPollMs + callMs;
/** The server waits up to 30 s for a signature. */
const signMs = 45_000;
/** 16 MiB, also over a slow line. */
const pieceMs = 240_000;

export function openLink(route: Route, connection: Agent): Link {
  const clients = new Map<string, ReturnType<typeof openClient>>();
  const clientOf = (base: string) => {
    const client = clients.get(base) ?? openClient(base, connection);
    clients.set(base, client);
    return client;
  };
  const call = <T>(
    ms: number,
    ask: (client: ReturnType<typeof openClient>, signal: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
  ) => route.through((base, lost) => ask(clientOf(base), within(ms, lost, signal)).catch(rethrow), signal);

  return {
    join: (input) => {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify(input);
      return route.through(async (base, lost) => {
        const response = await send(connection, `${base}/join`, {
          method: "POST",
          headers,
          body,
          signal: within(signMs, lost),
        });
        if (!response.ok) throw refusal(response.status, await response.text());
        return joinAnswer.parse(await response.json());
      });
    },
    pull: async (input, signal) =>
      snapshot.parse(
        await call(pullMs, (client, ending) => client.pull.query(input, { signal: ending }), signal),
      ),
    report: async (input) => {
      await call(callMs, (client, signal) => client.report.mutate(input, { signal }));
    },
    metrics: async (input) => {
      await call(callMs, (client, signal) => client.metrics.mutate(input, { signal }));
    },
    renew: async (csr) => {
      const answer = await call(signMs, (client, signal) => client.renew.mutate({ csr }, { signal }));
      return answer.certificate;
    },
    userData: async (sha256, signal) => {
      const ask = (client: ReturnType<typeof openClient>, ending: AbortSignal) =>
        client.userData.query({ sha256 }, { signal: ending });
      return Buffer.from((await call(callMs, ask, signal)).base64, "base64");
    },
    image: (sha256, signal) =>
      route.through(async (base) => {
        const response = await send(connection, `${base}/images/${sha256}`, { signal });
        if (response.ok && response.body) return response.body;
        throw refusal(response.status, await response.text());
      }, signal),
    exported: async (report, signal) => {
      await call(callMs, (client, ending) => client.exported.mutate(report, { signal: ending }), signal);
    },
    piece: (exportId, { offset, sizeBytes, sha256 }, { body, length }, signal) =>
      route.through(async (base, lost) => {
        const response = await send(connection, `${base}/exports/${exportId}`, {
          method: "PUT",
          headers: {
            "content-type": "application/octet-stream",
            "content-length": String(length),
            [exportHeaders.offset]: String(offset),
            [exportHeaders.size]: String(sizeBytes),
            [exportHeaders.sha256]: sha256,
          },
          body: body(),
          duplex: "half",
          signal: within(pieceMs, lost, signal),
        });
        const text = await response.text();
        if (!response.ok) throw refusal(response.status, text);
        return exportAnswer.parse(parseJson(text)).offset;
      }, signal),
  };
}

function openClient(base: string, connection: Agent) {
  return createTRPCClient<AgentRouter>({
    links: [
      httpLink({
        url: `${base}/trpc`,
        transformer: superjson,
        fetch: (input, init) => fetch(String(input), { ...fetchInit(init), dispatcher: connection }),
      }),
    ],
  });
}

const send = (connection: Agent, url: string, init: RequestInit) =>
  fetch(url, { ...init, dispatcher: connection }).catch((error) => {
    throw new Unreachable(error);
  });

const within = (ms: number, ...signals: (AbortSignal | undefined)[]) =>
  AbortSignal.any([AbortSignal.timeout(ms), ...signals.filter((signal) => signal !== undefined)]);

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
  if (!(error instanceof TRPCClientError)) throw new Unreachable(error);
  const { success, data } = carried.safeParse(error.data);
  if (!success) throw new Unreachable(error);
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
