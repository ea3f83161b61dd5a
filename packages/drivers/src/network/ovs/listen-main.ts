/** Opens a listening socket in the network namespace it is started in, hands it to its parent, and ends. */
import { createServer } from "node:net";

const server = createServer();
server.listen({ host: process.argv[2], port: 80, exclusive: true }, () => {
  process.send?.("socket", server, {}, () => process.exit(0));
});
