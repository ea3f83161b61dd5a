"use client";

/**
 * Files on their way to the cloud. They live as long as the page is not loaded anew, wherever in the portal one goes; after
 * that the browser has no hold of the file any more, and whoever chooses it again goes on where it stopped. Few go at once,
 * so that each gets there; the others wait in line.
 */

import { useSyncExternalStore } from "react";
import { DetailedError, Upload } from "tus-js-client";

export type UploadState = "queued" | "running" | "paused" | "waiting" | "signIn" | "failed";
export type UploadProgress = {
  state: UploadState;
  sentBytes: number;
  totalBytes: number;
  /** Of the last moments; null: not known yet. */
  bytesPerSecond: number | null;
};

const endpoint = "/api/images/upload";
/** One request's share: whoever may no longer go on is stopped after at most as much. */
const chunkBytes = 16 * 1024 ** 2;
/** A network that is away, a sign-in that has ended: tried again for a day. */
const retryDelays = [500, 1_000, 2_000, 5_000, 10_000, ...Array<number>(3_000).fill(30_000)];
const passing = [0, 401, 408, 409, 423, 429];
const speedMs = 1_000;
/** How much the newest moment counts of the speed that is told. */
const newest = 0.3;
const mostAtOnce = 2;

type Since = { at: number; bytes: number };
type Running = { client: Upload; progress: UploadProgress; since: Since | null };
const running = new Map<string, Running>();
const listeners = new Set<() => void>();

function tell(id: string, change: Partial<UploadProgress>): void {
  const one = running.get(id);
  if (!one) return;
  one.progress = { ...one.progress, ...change };
  for (const listener of listeners) listener();
}

function statusOf(error: unknown): number {
  return error instanceof DetailedError ? (error.originalResponse?.getStatus() ?? 0) : 0;
}

/** Begins, or goes on where the cloud says that it stopped. */
export function startUpload(imageId: string, file: File, onEnd: () => void): void {
  if (running.has(imageId)) {
    resumeUpload(imageId);
    return;
  }
  const client = new Upload(file, {
    endpoint,
    uploadUrl: `${endpoint}/${imageId}`,
    metadata: { imageId },
    chunkSize: chunkBytes,
    retryDelays,
    storeFingerprintForResuming: false,
    onProgress: (sentBytes) => {
      measure(imageId, sentBytes);
      tell(imageId, { state: "running", sentBytes });
    },
    onShouldRetry: (error) => {
      const status = statusOf(error);
      const again = passing.includes(status) || status >= 500;
      if (again) tell(imageId, { state: status === 401 ? "signIn" : "waiting", bytesPerSecond: null });
      return again;
    },
    onSuccess: () => {
      forget(imageId);
      onEnd();
    },
    onError: () => {
      tell(imageId, { state: "failed", bytesPerSecond: null });
      startNext();
      onEnd();
    },
  });
  const progress: UploadProgress = {
    state: "queued",
    sentBytes: 0,
    totalBytes: file.size,
    bytesPerSecond: null,
  };
  running.set(imageId, { client, progress, since: null });
  watchLeaving();
  tell(imageId, {});
  startNext();
}

/** In the order in which they were chosen. What waits for a network or a sign-in keeps its place. */
function startNext(): void {
  const all = [...running.entries()];
  const under = all.filter(([, { progress }]) => ["running", "waiting", "signIn"].includes(progress.state));
  const waiting = all.filter(([, { progress }]) => progress.state === "queued");
  for (const [id, one] of waiting.slice(0, Math.max(0, mostAtOnce - under.length))) {
    one.since = null;
    tell(id, { state: "running" });
    one.client.start();
  }
}

/** What was there when it began tells nothing of the speed. */
function measure(id: string, sentBytes: number): void {
  const one = running.get(id);
  if (!one) return;
  const now = performance.now();
  const { since } = one;
  if (since && now - since.at < speedMs) return;
  one.since = { at: now, bytes: sentBytes };
  if (since) tell(id, { bytesPerSecond: speedOf(one, since, now, sentBytes) });
}

function speedOf({ progress }: Running, since: Since, now: number, sentBytes: number): number {
  const latest = Math.max(0, ((sentBytes - since.bytes) * 1_000) / (now - since.at));
  const before = progress.bytesPerSecond;
  return before === null ? latest : before + newest * (latest - before);
}

export function pauseUpload(id: string): void {
  void running.get(id)?.client.abort();
  tell(id, { state: "paused", bytesPerSecond: null });
  startNext();
}

export function resumeUpload(id: string): void {
  tell(id, { state: "queued" });
  startNext();
}

/** The image itself is deleted by whoever cancels. */
export function forgetUpload(id: string): void {
  void running.get(id)?.client.abort();
  forget(id);
}

function forget(id: string): void {
  running.delete(id);
  startNext();
  watchLeaving();
  for (const listener of listeners) listener();
}

function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** Whoever closes the tab is asked, while something is on its way. */
function watchLeaving(): void {
  window.removeEventListener("beforeunload", warn);
  if (running.size > 0) window.addEventListener("beforeunload", warn);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** null: this tab does not upload it. */
export function useUpload(id: string): UploadProgress | null {
  const read = () => running.get(id)?.progress ?? null;
  return useSyncExternalStore(subscribe, read, () => null);
}
