/** A database server with bad manners, as a process of its own: `node hostile-ovsdb.ts SOCKET MANNER`. */
import { createServer, type Socket } from "node:net";
import { messageSplitter } from "../ovsdb/splitter.ts";

type Call = { id: unknown; method: string; params: unknown[] };
type Manner = (socket: Socket, call: Call) => void;

const [path = "", manner = ""] = process.argv.slice(2);
const schema = {
  name: "Fake",
  version: "1.0.0",
  tables: { Thing: { columns: { name: { type: "string" } } } },
};

const send = (socket: Socket, message: unknown) => socket.write(JSON.stringify(message));
const answer = (socket: Socket, { id }: Call, result: unknown) => send(socket, { id, result, error: null });
const update = (socket: Socket, updates: unknown) =>
  send(socket, {
    id: null,
    method: "update3",
    params: ["rows", "00000000-0000-0000-0000-000000000001", updates],
  });

/** As a good one would; a transaction is left to the manner. */
const polite: Manner = (socket, call) => {
  if (call.method === "echo") answer(socket, call, call.params);
  if (call.method === "monitor_cond")
    send(socket, { id: call.id, result: null, error: { error: "unknown database" } });
  if (call.method === "get_schema") answer(socket, call, schema);
  if (call.method === "monitor_cond_since") {
    answer(socket, call, [false, "00000000-0000-0000-0000-000000000000", {}]);
    // Told in the same breath: whoever looks at the answer later must not lose it.
    update(socket, { Thing: { one: { insert: { name: "in the same breath" } } } });
  }
};

const onTransaction =
  (act: Manner): Manner =>
  (socket, call) =>
    call.method === "transact" ? act(socket, call) : polite(socket, call);

const manners: Readonly<Record<string, Manner>> = {
  silent: () => {},
  fallsSilent: (socket, call) => {
    if (call.method !== "echo" && call.method !== "transact") polite(socket, call);
  },
  closes: onTransaction((socket) => socket.destroy()),
  half: onTransaction((socket) => socket.end('{"id":1,"result":[{"uuid"')),
  garbage: onTransaction((socket) => socket.write("HTTP/1.1 400 Bad Request\r\n")),
  endless: onTransaction((socket) => {
    socket.write('{"id":1,"result":"');
    const more = () => {
      while (!socket.destroyed && socket.write("x".repeat(65_536)));
    };
    socket.on("drain", more);
    more();
  }),
  unknownTable: onTransaction((socket) => update(socket, { Nothing: { one: { insert: {} } } })),
  noParameters: onTransaction((socket) => send(socket, { id: {}, method: "update3", params: 7 })),
  strangers: onTransaction((socket, call) => {
    for (const id of [null, "x", -1, 999_999, {}]) send(socket, { id, result: [{ count: 7 }], error: null });
    send(socket, { method: "stolen", params: ["lock"], id: null });
    answer(socket, call, [{ count: 1 }]);
  }),
  askedEcho: onTransaction((socket, call) => {
    const answered = messageSplitter(65_536);
    socket.on("data", (chunk: Buffer) => {
      if (answered(chunk).some((text) => text.includes("are you there")))
        answer(socket, call, [{ count: 42 }]);
    });
    send(socket, { method: "echo", params: ["are you there"], id: "server" });
  }),
  wrongResult: onTransaction((socket, call) => answer(socket, call, { not: "a list" })),
};

const server = createServer((socket) => {
  const split = messageSplitter(1 << 20);
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => {
    for (const text of split(chunk)) {
      const call = JSON.parse(text);
      if (typeof call.method === "string") manners[manner]?.(socket, call);
    }
  });
});
server.listen(path, () => process.stdout.write("ready\n"));
