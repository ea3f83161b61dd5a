/**
 * Opens a listening socket in the network namespace it is started in, hands it to its parent, and ends. Namespaces inherit
 * from the host whether they forward; this one is nobody's way to anywhere.
 */
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";

writeFileSync("/proc/sys/net/ipv4/ip_forward", "0");
const server = createServer();
server.listen({ host: process.argv[2], port: 80, exclusive: true }, () => {
  process.send?.("socket", server, {}, () => process.exit(0));
});
