/**
 * A libvirt that comes and goes: connects on demand, again after a loss, and keeps one connection for everybody.
 * A call that was under way when the connection broke fails as Unavailable; whoever made it looks again.
 */
import { connectUnix } from "../unix-socket.ts";
import { type Connection, type LifecycleEvent, openConnection } from "./connection.ts";
import { disconnected } from "./fault.ts";
import type { Procedure, QemuProcedure } from "./procedures.ts";
import type { XdrReader, XdrWriter } from "./xdr.ts";

const retryMs = 1000;

export type Session = {
  call(number: Procedure, args?: XdrWriter): Promise<XdrReader>;
  callQemu(number: QemuProcedure, args: XdrWriter): Promise<XdrReader>;
  /** Keeps connected, so that events arrive; `onReconnect` says that some may have been missed. */
  listen(onEvent: (event: LifecycleEvent) => void, onReconnect: () => void): () => void;
  close(): void;
};

type Listener = { onEvent: (event: LifecycleEvent) => void; onReconnect: () => void };

export function openSession(socketPath: string): Session {
  const listeners = new Set<Listener>();
  let current: Promise<Connection> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let closed = false;

  const connect = async (): Promise<Connection> => {
    const connection = await openConnection(await connectUnix(socketPath));
    connection.onLifecycle = (event) => {
      for (const listener of listeners) listener.onEvent(event);
    };
    for (const listener of listeners) listener.onReconnect();
    return connection;
  };
  const connected = (): Promise<Connection> => {
    if (closed) return Promise.reject(disconnected("the driver was closed"));
    if (current) return current;
    const attempt = connect();
    const forget = () => {
      if (current === attempt) current = null;
      if (listeners.size > 0 && !closed) retry();
    };
    current = attempt;
    attempt.then((connection) => connection.ended.then(forget), forget);
    return attempt;
  };
  const retry = () => {
    timer ??= setTimeout(() => {
      timer = null;
      connected().catch(() => {});
    }, retryMs);
  };

  return {
    async call(number, args) {
      const connection = await connected();
      return connection.call(number, args);
    },
    async callQemu(number, args) {
      const connection = await connected();
      return connection.callQemu(number, args);
    },
    listen(onEvent, onReconnect) {
      const listener = { onEvent, onReconnect };
      listeners.add(listener);
      connected().catch(() => {});
      return () => listeners.delete(listener);
    },
    close() {
      closed = true;
      if (timer) clearTimeout(timer);
      current?.then((connection) => connection.end("the driver was closed")).catch(() => {});
    },
  };
}
