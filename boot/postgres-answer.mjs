import { connect } from "node:net";

/** A StartupMessage of protocol 3.0, as in the chapter "Message Formats" of PostgreSQL's manual. */
function startupMessage(user, database) {
  const body = Buffer.from(`user\0${user}\0database\0${database}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + body.length, 0);
  head.writeInt32BE(196_608, 4);
  return Buffer.concat([head, body]);
}

/**
 * Whether PostgreSQL lets clients in: it asks for a password ("R"). While it starts or recovers it answers with an error
 * ("E"), and before that it refuses the connection.
 */
export function answersPostgres(port, host = "127.0.0.1") {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: 2000 });
    const finish = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => socket.write(startupMessage("madang", "postgres")));
    socket.once("data", (chunk) => finish(chunk[0] === 0x52));
    for (const event of ["error", "timeout", "close"]) socket.once(event, () => finish(false));
  });
}
