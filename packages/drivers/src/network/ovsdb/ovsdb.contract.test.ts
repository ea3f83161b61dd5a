/** The client with real servers: what it holds is what they have, whatever befalls them; mutual TLS; a cluster. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../../hypervisor/testing/until.ts";
import { attempt, run } from "../testing/lab-command.ts";
import { type LabDaemon, labDaemon } from "../testing/lab-daemon.ts";
import { answers } from "../testing/ovn-lab.ts";
import { OvsdbClient } from "./client.ts";
import type { Mutation, Operation } from "./operation.ts";
import { mapOf, namedUuid, setOf, uuid } from "./value.ts";

const soon = () => AbortSignal.timeout(30_000);
const schema = "/usr/share/ovn/ovn-nb.ovsschema";
const tables = {
  Logical_Switch: ["name", "ports", "external_ids"],
  Logical_Switch_Port: ["name", "addresses", "tag", "enabled", "options"],
};

describe("the OVSDB client with ovsdb-server", () => {
  let root: string;
  const daemons: LabDaemon[] = [];
  const clients: OvsdbClient[] = [];

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "ovsdb-"));
  });
  afterAll(async () => {
    for (const client of clients) await client.close();
    for (const daemon of daemons) await daemon.end();
    await rm(root, { recursive: true });
  });

  function serve(name: string, ...args: string[]): LabDaemon {
    const options = [`--unixctl=${root}/${name}.ctl`, ...args];
    const daemon = labDaemon({ name, folder: root, namespace: null, program: "ovsdb-server", args: options });
    daemons.push(daemon);
    daemon.start();
    return daemon;
  }
  async function standalone(name: string, ...args: string[]): Promise<LabDaemon> {
    await run("ovsdb-tool", "create", join(root, `${name}.db`), schema);
    const daemon = serve(name, `--remote=punix:${root}/${name}.sock`, ...args, join(root, `${name}.db`));
    await answers(`unix:${root}/${name}.sock`);
    return daemon;
  }
  function connect(
    remotes: string,
    more: Partial<ConstructorParameters<typeof OvsdbClient>[0]> = {},
  ): OvsdbClient {
    const pause = { first: 20, longest: 200 };
    const client = new OvsdbClient({ remotes, database: "OVN_Northbound", tables, pause, ...more });
    clients.push(client);
    return client;
  }

  it("holds what the server has, after any change", async () => {
    await standalone("walk");
    const remote = `unix:${root}/walk.sock`;
    const client = connect(remote);
    const writer = connect(remote);
    await Promise.all([client.whenSynced(soon()), writer.whenSynced(soon())]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(change, { maxLength: 4 }), { minLength: 1, maxLength: 8 }),
        async (transactions) => {
          for (const changes of transactions) {
            await writer.transact([...changes.flat(), ...mark()]);
          }
          const last = String(marks);
          await client.until(
            () => [...client.rows("Logical_Switch").values()].some(({ name }) => name === last),
            soon(),
          );
          // A fresh client is told everything whole, where this one was told differences.
          const fresh = connect(remote);
          await fresh.whenSynced(soon());
          for (const table of Object.keys(tables))
            expect(sorted(client, table)).toEqual(sorted(fresh, table));
          await fresh.close();
        },
      ),
      { numRuns: 25 },
    );
  });

  it("has its own changes before it hears that they were made", async () => {
    const client = connect(`unix:${root}/walk.sock`);
    await client.whenSynced(soon());
    for (let turn = 0; turn < 50; turn += 1) {
      const name = `turn-${turn}`;
      const [made] = await client.transact([{ op: "insert", table: "Logical_Switch", row: { name } }]);
      expect(client.rows("Logical_Switch").get(made?.uuid?.[1] ?? "")).toMatchObject({ name });
    }
  });

  it("says what the server refused, and which operation, and that nothing of it was done", async () => {
    const client = connect(`unix:${root}/walk.sock`);
    await client.whenSynced(soon());
    const row = { name: "half" };
    const refused = (operation: Operation) =>
      client.transact([{ op: "insert", table: "Logical_Switch", row }, operation]).then(
        () => null,
        (error: unknown) => error,
      );
    const dangling: Operation = {
      op: "mutate",
      table: "Logical_Switch",
      where: [["name", "==", "half"]],
      mutations: [["ports", "insert", setOf([uuid("11111111-2222-4333-8444-555555555555")])]],
    };
    expect(await refused({ op: "delete", table: "Nonsense", where: [] })).toMatchObject({ operation: 1 });
    expect(await refused(dangling)).toMatchObject({ code: "referential integrity violation" });
    expect([...client.rows("Logical_Switch").values()].filter(({ name }) => name === "half")).toEqual([]);
    expect(client.synced).toBe(true);
  });

  it("tells who waits when the server is killed, and goes on with the next one", async () => {
    const server = await standalone("killed");
    const client = connect(`unix:${root}/killed.sock`);
    await client.whenSynced(soon());
    await client.transact([{ op: "insert", table: "Logical_Switch", row: { name: "before" } }]);
    // A wait that can't come true keeps the transaction with the server.
    const waiting = client
      .transact([
        {
          op: "wait",
          table: "Logical_Switch",
          where: [],
          columns: ["name"],
          until: "==",
          rows: [],
          timeout: 60_000,
        },
      ])
      .catch((error: unknown) => error);
    await server.end("SIGKILL");
    expect(await waiting).toMatchObject({ code: "disconnected" });
    await until("it to notice", async () => !client.synced);
    server.start();
    await client.whenSynced(soon());
    await client.transact([{ op: "insert", table: "Logical_Switch", row: { name: "after" } }]);
    expect(
      sorted(client, "Logical_Switch")
        .map(([, { name }]) => name)
        .sort(),
    ).toEqual(["after", "before"]);
  });

  it("speaks mutual TLS, and with nobody whom its CA does not know", async () => {
    for (const ca of ["ours", "theirs"]) await makeAuthority(root, ca);
    const [server, client, stranger] = [
      await makeCertificate(root, "ours", "server"),
      await makeCertificate(root, "ours", "client"),
      await makeCertificate(root, "theirs", "stranger"),
    ];
    const files = [
      `--private-key=${server.keyFile}`,
      `--certificate=${server.certFile}`,
      `--ca-cert=${server.caFile}`,
    ];
    const [port] = await freePorts(1);
    await standalone("tls", `--remote=pssl:${port}:127.0.0.1`, ...files);
    const remote = `ssl:127.0.0.1:${port}`;
    const known = connect(remote, { tls: client });
    await known.whenSynced(soon());
    await known.transact([{ op: "insert", table: "Logical_Switch", row: { name: "by-tls" } }]);
    const refusal = (tls: typeof client) =>
      connect(remote, { tls }).whenSynced(AbortSignal.timeout(1_000)).catch(String);
    // A server that we don't trust, and one that does not trust us.
    expect(await refusal(stranger)).toMatch(/certificate/);
    expect(await refusal({ ...stranger, caFile: client.caFile })).toMatch(/OvsdbError/);
    const plain = connect(`tcp:127.0.0.1:${port}`).whenSynced(AbortSignal.timeout(1_000));
    expect(await plain.catch(String)).toMatch(/OvsdbError/);
  });

  it("follows the leader of a cluster, and resumes where it was", async () => {
    const ports = await freePorts(3);
    const raft = ports.map((port) => `tcp:127.0.0.1:${port}`);
    const members: { daemon: LabDaemon; name: string }[] = [];
    for (const [index, address] of raft.entries()) {
      const file = join(root, `member${index}.db`);
      if (index === 0) await run("ovsdb-tool", "create-cluster", file, schema, address);
      else await run("ovsdb-tool", "join-cluster", file, "OVN_Northbound", address, raft[0] ?? "");
      const daemon = serve(`member${index}`, `--remote=punix:${root}/member${index}.sock`, file);
      members.push({ daemon, name: `member${index}` });
      const socket = `unix:${root}/member${index}.sock`;
      await answers(socket);
      await run("ovsdb-client", "--timeout=30", "wait", socket, "OVN_Northbound", "connected");
    }
    const client = connect(members.map(({ name }) => `unix:${root}/${name}.sock`).join(","));
    await client.whenSynced(soon());
    await client.transact([{ op: "insert", table: "Logical_Switch", row: { name: "first" } }]);
    const leader = await leaderOf(root, members);
    await leader.daemon.end("SIGKILL");
    const committed = await until("a transaction after the leader's death", async () => {
      if (!client.synced) return null;
      const row = { name: "second" };
      return client.transact([{ op: "insert", table: "Logical_Switch", row }]).catch(() => null);
    });
    expect(committed).toHaveLength(1);
    expect(sorted(client, "Logical_Switch").map(([, { name }]) => name)).toContain("first");
    expect((await leaderOf(root, members)).name).not.toBe(leader.name);
  });
});

/** Of a world of few names, so that changes meet. */
const someName = fc.constantFrom("a", "b", "c");
const words = fc.uniqueArray(fc.constantFrom("x", "y", "z"));
const pairs = fc.dictionary(fc.constantFrom("k", "l", "__proto__"), fc.constantFrom("1", "2"));
const port = (name: string) => ({ table: "Logical_Switch_Port", where: [["name", "==", name]] }) as const;
const change: fc.Arbitrary<Operation[]> = fc.oneof(
  fc.tuple(someName, words).map(([name, addresses]): Operation[] => {
    const id = `new${name}${Math.trunc(Math.random() * 1e9)}`;
    const row = { name: `${name}-${id}`, addresses: setOf(addresses) };
    return [
      { op: "insert", table: "Logical_Switch_Port", "uuid-name": id, row },
      { op: "insert", table: "Logical_Switch", row: { name, ports: setOf([namedUuid(id)]) } },
    ];
  }),
  someName.map((name): Operation[] => [
    { op: "delete", table: "Logical_Switch", where: [["name", "==", name]] },
  ]),
  fc.tuple(someName, pairs).map(([name, ids]): Operation[] => {
    const mutations: Mutation[] = [["external_ids", "insert", mapOf(ids)]];
    return [{ op: "mutate", table: "Logical_Switch", where: [["name", "==", name]], mutations }];
  }),
  fc.tuple(someName, pairs).map(([name, ids]): Operation[] => {
    const row = { external_ids: mapOf(ids) };
    return [{ op: "update", table: "Logical_Switch", where: [["name", "==", name]], row }];
  }),
  fc
    .tuple(words, fc.constantFrom(setOf([]), setOf([7])), fc.boolean())
    .map(([addresses, tag, enabled]): Operation[] => {
      const row = { addresses: setOf(addresses), tag, enabled: enabled ? true : setOf([]) };
      return [{ op: "update", table: "Logical_Switch_Port", where: [], row }];
    }),
  someName.map((name): Operation[] => [{ op: "update", ...port(name), row: { options: mapOf({ a: "1" }) } }]),
);

let marks = 0;
/** One switch, whose name is the number of the last transaction. */
function mark(): Operation[] {
  marks += 1;
  return [
    { op: "delete", table: "Logical_Switch", where: [["name", "==", String(marks - 1)]] },
    { op: "insert", table: "Logical_Switch", row: { name: String(marks) } },
  ];
}

/** Sets have no order. */
function sorted(client: OvsdbClient, table: string) {
  return [...client.rows(table)]
    .map(([id, row]) => {
      const cells = Object.entries(row).map(([column, cell]) => [
        column,
        Array.isArray(cell) ? cell.toSorted() : cell,
      ]);
      return [id, Object.fromEntries(cells)] as const;
    })
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
}

type Member = { daemon: LabDaemon; name: string };

async function leaderOf(root: string, members: readonly Member[]): Promise<Member> {
  return until("a leader", async () => {
    for (const member of members) {
      const ask = ["-t", `${root}/${member.name}.ctl`, "cluster/status", "OVN_Northbound"];
      const { ok, out } = await attempt("ovs-appctl", ...ask);
      if (ok && /^Role: leader/m.test(out)) return member;
    }
    return null;
  });
}

/** Free a moment ago, on loopback. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once("listening", resolve))));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function makeAuthority(root: string, name: string): Promise<void> {
  const [key, cert] = [join(root, `${name}.key`), join(root, `${name}.crt`)];
  const made = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  await run("openssl", "req", ...made, "-subj", `/CN=${name}`, "-keyout", key, "-out", cert);
}

async function makeCertificate(root: string, authority: string, name: string) {
  const [keyFile, certFile] = [join(root, `${name}.key`), join(root, `${name}.crt`)];
  const signed = ["-CA", join(root, `${authority}.crt`), "-CAkey", join(root, `${authority}.key`)];
  const made = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  await run(
    "openssl",
    "req",
    ...made,
    ...signed,
    "-subj",
    `/CN=${name}`,
    "-keyout",
    keyFile,
    "-out",
    certFile,
  );
  return { keyFile, certFile, caFile: join(root, `${authority}.crt`) };
}
