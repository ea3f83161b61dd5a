import { WebSocketServer } from "ws";

/** Takes over upgraded sockets of consoles. Whoever does not answer a farewell within two seconds is left without. */
export function consoleSockets(maxPayload: number): WebSocketServer {
  const options = { noServer: true, maxPayload, perMessageDeflate: false, closeTimeout: 2_000 };
  return new WebSocketServer(options);
}
