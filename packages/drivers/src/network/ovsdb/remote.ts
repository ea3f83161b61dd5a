/** Where a database server listens, in OVSDB's own words: `unix:PATH`, `tcp:HOST:PORT`, `ssl:HOST:PORT`. */
import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { OvsdbError } from "./error.ts";

export type Remote = { kind: "unix"; path: string } | { kind: "tcp" | "ssl"; host: string; port: number };

/** PEM files, read at each connection so that renewed ones count. */
export type OvsdbTls = { caFile: string; certFile: string; keyFile: string };

/** One or several, separated by commas. @throws OvsdbError `protocol` */
export function parseRemotes(text: string): Remote[] {
  return text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "")
    .map(parseRemote);
}

function parseRemote(text: string): Remote {
  const path = /^unix:(.+)$/.exec(text)?.[1];
  if (path) return { kind: "unix", path };
  const [, kind, host, port] = /^(tcp|ssl):(\[[0-9a-fA-F:.]+\]|[^:[\]]+):(\d{1,5})$/.exec(text) ?? [];
  if (!host || Number(port) > 65_535) throw new OvsdbError("protocol", `not a remote: ${text}`);
  return { kind: kind === "ssl" ? "ssl" : "tcp", host: host.replace(/[[\]]/g, ""), port: Number(port) };
}

/** A socket that is connected, and of `ssl` is the server's that our CA vouches for. */
export async function dial(remote: Remote, tls: OvsdbTls | undefined, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const socket = remote.kind === "unix" ? connect(remote.path) : await dialHost(remote, tls);
  return whenConnected(socket, remote.kind === "ssl" ? "secureConnect" : "connect", signal);
}

async function dialHost(
  remote: Extract<Remote, { host: string }>,
  tls: OvsdbTls | undefined,
): Promise<Socket> {
  const { host, port } = remote;
  if (remote.kind === "tcp") return connect(port, host);
  if (!tls) throw new OvsdbError("protocol", `ssl:${host}:${port} needs certificates`);
  const [ca, cert, key] = await Promise.all(
    [tls.caFile, tls.certFile, tls.keyFile].map((file) => readFile(file)),
  );
  // As all of OVS does it: the CA, which is the deployment's own, says who is a server; its certificates name no host.
  return connectTls({ host, port, ca, cert, key, checkServerIdentity: () => undefined });
}

function whenConnected(socket: Socket, event: string, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const settle = (error: unknown) => {
      signal.removeEventListener("abort", onAbort);
      socket.off("error", onError).off("close", onClose).off(event, onConnect);
      if (error === null) resolve(socket);
      // A socket that errs once more, when nobody listens, would end the process.
      else {
        socket.on("error", () => {}).destroy();
        reject(error);
      }
    };
    const onAbort = () => settle(signal.reason);
    const onError = (error: Error) => settle(new OvsdbError("disconnected", error.message, -1, error));
    const onClose = () => settle(new OvsdbError("disconnected", "closed while connecting"));
    const onConnect = () => settle(null);
    signal.addEventListener("abort", onAbort);
    socket.on("error", onError).on("close", onClose).on(event, onConnect);
  });
}
