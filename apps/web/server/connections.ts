import type { Server, Socket } from "node:net";

/** Knows every open connection of a server, also those that became WebSockets and that the server itself has forgotten. */
export function trackConnections(server: Server): { destroyAll: () => void } {
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  return {
    destroyAll: () => {
      for (const socket of open) socket.destroy();
    },
  };
}
