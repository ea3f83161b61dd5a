/**
 * One connection to a database server. Whatever ends it, everybody who waits for an answer is told; it answers the
 * server's echoes and sends its own when nothing was heard for a while, so a silent peer is found dead.
 */
import type { Socket } from "node:net";
import { OvsdbError } from "./error.ts";
import { record } from "./schema.ts";
import { messageSplitter } from "./splitter.ts";

export type Bounds = {
  /** ms of silence after which the peer is asked for a sign of life; after three times that it counts as dead */
  probeMs: number;
  /** bytes of one message from the peer */
  messageBytes: number;
  /** bytes that the peer has not taken yet */
  unsentBytes: number;
  /** calls without an answer */
  waiting: number;
};

export const defaultBounds: Bounds = {
  probeMs: 5_000,
  messageBytes: 256 * 1024 * 1024,
  unsentBytes: 256 * 1024 * 1024,
  waiting: 1_000,
};

const looksPerProbe = 2;

type Waiter = { answered(result: unknown): void; failed(error: unknown): void };
type Notified = (method: string, params: readonly unknown[]) => void;

export class OvsdbConnection {
  readonly #socket: Socket;
  readonly #bounds: Bounds;
  readonly #onNotification: Notified;
  readonly #waiting = new Map<number, Waiter>();
  readonly #probe: NodeJS.Timeout;
  #id = 0;
  #quietLooks = 0;
  #ended: OvsdbError | null = null;
  /** Settles, never fails, when the connection has ended. */
  readonly closed: Promise<OvsdbError>;

  constructor(socket: Socket, bounds: Bounds, onNotification: Notified) {
    this.#socket = socket;
    this.#bounds = bounds;
    this.#onNotification = onNotification;
    this.#probe = setInterval(() => this.#look(), bounds.probeMs / looksPerProbe);
    const split = messageSplitter(bounds.messageBytes);
    socket.on("data", (chunk: Buffer) => this.#guarded(() => this.#heard(split(chunk))));
    socket.on("error", (error: Error) => this.#end(new OvsdbError("disconnected", error.message, -1, error)));
    this.closed = new Promise((resolve) => {
      socket.on("close", () => resolve(this.#end(new OvsdbError("disconnected", "the server closed"))));
    });
    if (socket.destroyed) throw new OvsdbError("disconnected", "closed before it was used");
  }

  /**
   * Calls a method. `onResult` runs before any later message is looked at, which an awaiting caller's code does not;
   * should it throw, that is the end of the connection.
   * @throws OvsdbError; a call that is aborted may still be carried out
   */
  call<T>(
    method: string,
    params: readonly unknown[],
    onResult: (result: unknown) => T,
    signal?: AbortSignal,
  ): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#waiting.size >= this.#bounds.waiting) {
      return Promise.reject(new OvsdbError("overflow", `${this.#waiting.size} calls wait already`));
    }
    this.#id += 1;
    const id = this.#id;
    return new Promise<T>((resolve, reject) => {
      const onAbort = () => this.#forget(id)?.failed(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.set(id, {
        answered: (result) => {
          signal?.removeEventListener("abort", onAbort);
          resolve(onResult(result));
        },
        failed: (error) => {
          signal?.removeEventListener("abort", onAbort);
          reject(error);
        },
      });
      this.#send({ method, params, id });
    });
  }

  close(reason = new OvsdbError("disconnected", "closed by us")): Promise<OvsdbError> {
    this.#end(reason);
    return this.closed;
  }

  #forget(id: unknown): Waiter | undefined {
    if (typeof id !== "number") return undefined;
    const waiter = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiter;
  }

  #send(message: Readonly<Record<string, unknown>>): void {
    this.#socket.write(JSON.stringify(message));
    if (this.#socket.writableLength <= this.#bounds.unsentBytes) return;
    this.#end(new OvsdbError("overflow", "the server does not take what it is sent"));
  }

  /** The first reason counts. */
  #end(reason: OvsdbError): OvsdbError {
    if (this.#ended) return this.#ended;
    this.#ended = reason;
    clearInterval(this.#probe);
    this.#socket.destroy();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const waiter of waiting) waiter.failed(reason);
    return reason;
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      const known = error instanceof OvsdbError;
      this.#end(known ? error : new OvsdbError("protocol", String(error), -1, error));
    }
  }

  /** Looks are counted, not time: a process that itself was stopped for a while has not listened. */
  #look(): void {
    this.#quietLooks += 1;
    const silentMs = this.#quietLooks * (this.#bounds.probeMs / looksPerProbe);
    if (silentMs > 3 * this.#bounds.probeMs) {
      this.#end(new OvsdbError("disconnected", `silent for ${Math.round(silentMs)} ms`));
    } else if (silentMs >= this.#bounds.probeMs) {
      this.#send({ method: "echo", params: [], id: "probe" });
    }
  }

  #heard(messages: readonly string[]): void {
    this.#quietLooks = 0;
    for (const text of messages) {
      if (this.#ended) return;
      this.#take(record(JSON.parse(text)));
    }
  }

  #take(message: Readonly<Record<string, unknown>>): void {
    const { method, params, id, result, error } = message;
    if (typeof method !== "string") {
      this.#answered(id, result, error);
      return;
    }
    if (!Array.isArray(params)) throw new OvsdbError("protocol", `${method} without parameters`);
    if (method === "echo") this.#send({ id, result: params, error: null });
    else this.#onNotification(method, params);
  }

  #answered(id: unknown, result: unknown, error: unknown): void {
    const waiter = this.#forget(id);
    if (!waiter) return;
    if (error !== null && error !== undefined) {
      waiter.failed(errorOf(error));
      return;
    }
    try {
      waiter.answered(result);
    } catch (misread) {
      waiter.failed(misread);
      throw misread;
    }
  }
}

function errorOf(error: unknown): OvsdbError {
  if (typeof error === "string") return new OvsdbError(error);
  const { error: code, details } = record(error);
  return new OvsdbError(String(code), typeof details === "string" ? details : "");
}
