/** The rows of any topology after any other, and after hands that have no business there. Real databases, no chassis. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Topology } from "@madang/core/network/topology";
import { atOnce } from "@madang/core/turns";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NetworkDriver } from "../driver.ts";
import { OvsdbClient } from "../ovsdb/client.ts";
import { mapOf, setOf, uuid } from "../ovsdb/value.ts";
import { createNetworkDriver } from "../registry.ts";
import { damages, names, selection } from "../testing/damage.ts";
import { run } from "../testing/lab-command.ts";
import { type LabDaemon, labDaemon } from "../testing/lab-daemon.ts";
import { networkOf, office, portOf, subnetOf, withPort } from "../testing/office.ts";
import { answers } from "../testing/ovn-lab.ts";
import { type TableName, tables } from "./desired-row.ts";
import { cloudKey, idKey, kindKey, ownKey } from "./held-rows.ts";
import { desiredRows } from "./topology.ts";

const soon = () => AbortSignal.timeout(30_000);
const nothing: Topology = {
  networks: [],
  ports: [],
  routers: [],
  floatingIps: [],
  securityGroups: [],
  chassis: [],
};
const cloudId = crypto.randomUUID();

describe("rows in OVN's databases", () => {
  let root: string;
  let driver: NetworkDriver;
  let hands: OvsdbClient;
  const daemons: LabDaemon[] = [];

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "ovn-"));
    for (const side of ["nb", "sb"]) {
      const file = join(root, `${side}.db`);
      await run("ovsdb-tool", "create", file, `/usr/share/ovn/ovn-${side}.ovsschema`);
      const args = [`--unixctl=${root}/${side}.ctl`, `--remote=punix:${root}/${side}.sock`, file];
      const daemon = labDaemon({ name: side, folder: root, namespace: null, program: "ovsdb-server", args });
      daemons.push(daemon);
      daemon.start();
      await answers(`unix:${root}/${side}.sock`);
    }
    const northbound = `unix:${root}/nb.sock`;
    driver = await open(cloudId);
    const columns = names.map((name) => [name, tables[name].columns] as const);
    hands = new OvsdbClient({
      remotes: northbound,
      database: "OVN_Northbound",
      tables: Object.fromEntries(columns),
    });
    await hands.whenSynced(soon());
  });
  const open = (id: string, ownCentral = true) =>
    createNetworkDriver("ovn", {
      northbound: `unix:${root}/nb.sock`,
      southbound: `unix:${root}/sb.sock`,
      cloudId: id,
      ownCentral,
    });
  afterAll(async () => {
    await hands?.close();
    await driver?.close();
    for (const daemon of daemons) await daemon.end();
    await rm(root, { recursive: true });
  });

  const ensure = (topology: Topology) => driver.ensure(topology, soon());
  const refresh = () => hands.catchUp();

  const rowNamed = (table: TableName, name: string) =>
    [...hands.rows(table)].find(([, row]) => row.name === name)?.[0] ?? "";
  /** Without what is nobody's, or somebody else's. */
  const marked = (found: Record<string, string[]>) =>
    Object.fromEntries(
      Object.entries(found).map(([table, list]) => [table, list.filter((key) => key !== "")]),
    );
  const count = (found: Record<string, string[]>) => Object.values(marked(found)).flat().length;

  /** By a table's name, the keys that are there. */
  async function keys(cloud = cloudId): Promise<Record<string, string[]>> {
    await refresh();
    const entries = names.map((name) => [
      name,
      [...hands.rows(name).values()]
        .map((row) => ownKey(row, { cloudId: cloud, adopts: false }) ?? "")
        .sort(),
    ]);
    return Object.fromEntries(entries);
  }

  function wanted(topology: Topology): Record<string, string[]> {
    const rows = Map.groupBy(atOnce(desiredRows(topology, () => true, cloudId)), ({ table }) => table);
    const entries = names.map((name) => [
      name,
      (rows.get(name) ?? []).map(({ kind, id }) => `${kind}/${id}`).sort(),
    ]);
    return Object.fromEntries(entries);
  }

  it("are those of the topology that was told last, whatever was before", async () => {
    const base = office(["one", "two", "three"]);
    await fc.assert(
      fc.asyncProperty(fc.array(selection(base), { minLength: 1, maxLength: 4 }), async (topologies) => {
        for (const topology of topologies) {
          await ensure(topology);
          expect(await keys()).toEqual(wanted(topology));
          expect(await ensure(topology)).toEqual({ changed: 0, refused: [] });
        }
      }),
      { numRuns: 25 },
    );
  });

  it("are made right after any hand that was laid on them", async () => {
    const { topology } = office(["one", "two"]);
    await ensure(topology);
    const before = await keys();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...damages), fc.nat()), { minLength: 1, maxLength: 3 }),
        async (laid) => {
          for (const [damage, which] of laid) {
            await refresh();
            await hands.transact(damage(hands, which));
          }
          await ensure(topology);
          expect(await keys()).toEqual(before);
          expect(await ensure(topology)).toEqual({ changed: 0, refused: [] });
        },
      ),
      { numRuns: 40 },
    );
    await ensure(nothing);
  });

  it("take back what is ours from others' rows, which stay as they are otherwise", async () => {
    const { topology, ports } = office(["one"]);
    await ensure(topology);
    await refresh();
    const port = rowNamed("Logical_Switch_Port", ports.a1.id);
    const [own, foreign] = [
      { op: "insert", table: "Logical_Switch_Port", "uuid-name": "theirs", row: { name: "theirs" } },
      {
        op: "insert",
        table: "Logical_Switch",
        row: {
          name: "foreign",
          ports: setOf([["named-uuid", "theirs"], uuid(port)]),
          external_ids: mapOf({ a: "b" }),
        },
      },
    ] as const;
    await hands.transact([own, foreign]);
    expect((await ensure(topology)).changed).toBeGreaterThan(0);
    await ensure(nothing);
    expect(
      Object.values(await keys())
        .flat()
        .filter((key) => key !== ""),
    ).toEqual([]);
    const left = [...hands.rows("Logical_Switch").values()];
    expect(left).toMatchObject([{ name: "foreign", ports: [expect.any(String)], external_ids: { a: "b" } }]);
    expect([...hands.rows("Logical_Switch_Port").values()]).toMatchObject([{ name: "theirs" }]);
    await hands.transact([{ op: "delete", table: "Logical_Switch", where: [["name", "==", "foreign"]] }]);
  });

  it("are of one writer when two write at once", async () => {
    const { topology } = office(["one", "two"]);
    const other = await open(cloudId);
    await Promise.all([
      ensure(topology),
      other.ensure(topology, soon()),
      ensure(topology),
      other.ensure(topology, soon()),
    ]);
    await ensure(topology);
    expect(await keys()).toEqual(wanted(topology));
    await other.close();
    await ensure(nothing);
  });

  it("of two clouds on one OVN are apart, though they be for the same", async () => {
    const { topology } = office(["one", "two"]);
    const others = crypto.randomUUID();
    const other = await open(others, false);
    await ensure(topology);
    const theirs = office(["three"]).topology;
    await other.ensure(theirs, soon());
    const held = marked(await keys(others));
    expect(count(held)).toBeGreaterThan(20);
    await ensure(nothing);
    expect(marked(await keys(others))).toEqual(held);
    expect(count(await keys())).toBe(0);
    expect(await other.ensure(theirs, soon())).toEqual({ changed: 0, refused: [] });
    await other.ensure(nothing, soon());
    expect(count(await keys(others))).toBe(0);
    await other.close();
  });

  it("of before clouds had marks are ours if we know one of them, and else another's", async () => {
    const { topology } = office(["one", "two"]);
    await ensure(topology);
    await refresh();
    await hands.transact(
      names.map((table) => ({
        op: "mutate",
        table,
        where: [],
        mutations: [["external_ids", "delete", setOf([cloudKey])]],
      })),
    );
    const stranger = await open(crypto.randomUUID(), false);
    await stranger.ensure(office(["one"]).topology, soon());
    await stranger.ensure(nothing, soon());
    await stranger.close();
    const [, ...rest] = topology.securityGroups;
    const less = { ...topology, securityGroups: rest };
    await ensure(less);
    expect(await keys()).toEqual(wanted(less));
    await ensure(topology);
    expect(await keys()).toEqual(wanted(topology));
    await ensure(nothing);
  });

  it("that are refused are left out and told of, and all others are written", async () => {
    const { topology, ports, red } = office(["one", "two"]);
    const marks = { [cloudKey]: crypto.randomUUID(), [kindKey]: "port", [idKey]: ports.a1.id };
    await hands.transact([
      {
        op: "insert",
        table: "Logical_Switch_Port",
        "uuid-name": "theirs",
        row: { name: ports.a1.id, external_ids: mapOf(marks) },
      },
      {
        op: "insert",
        table: "Logical_Switch",
        row: { name: "foreign", ports: setOf([["named-uuid", "theirs"]]) },
      },
    ]);
    const { refused } = await ensure(topology);
    expect(refused).toEqual([
      { kind: "port", id: ports.a1.id, detail: expect.stringContaining("constraint violation") },
    ]);
    const without = (found: Record<string, string[]>) => {
      const { Logical_Switch_Port: list = [], ...rest } = marked(found);
      return { ...rest, Logical_Switch_Port: list.filter((key) => key !== `port/${ports.a1.id}`) };
    };
    expect(without(await keys())).toEqual(without(wanted(topology)));
    expect(await ensure(topology)).toMatchObject({ changed: 0, refused: [{ id: ports.a1.id }] });
    // The others of its network go on changing meanwhile.
    const joined = { ...topology, ports: [...topology.ports, portOf(red, "10.0.1.99", "one")] };
    expect(await ensure(joined)).toMatchObject({ refused: [{ id: ports.a1.id }] });
    expect(without(await keys())).toEqual(without(wanted(joined)));
    await hands.transact([{ op: "delete", table: "Logical_Switch", where: [["name", "==", "foreign"]] }]);
    const asked = withPort(joined, ports.a1.id, { hypervisorId: "two" });
    expect(await ensure(asked)).toMatchObject({ refused: [] });
    expect(await keys()).toEqual(wanted(asked));
    await ensure(nothing);
  });

  it("leave the options of an OVN that is not ours alone", async () => {
    const options = { "bfd-min-rx": "500", theirs: "yes" };
    await hands.transact([{ op: "insert", table: "NB_Global", row: { options: mapOf(options) } }]);
    const said = async () =>
      run("ovn-nbctl", `--db=unix:${root}/nb.sock`, "get", "NB_Global", ".", "options");
    const guest = await open(crypto.randomUUID(), false);
    await guest.ensure(office(["one"]).topology, soon());
    expect(await said()).toBe('{bfd-min-rx="500", theirs=yes}');
    await guest.ensure(nothing, soon());
    await guest.close();
    await ensure(nothing);
    expect(await said()).toBe('{bfd-min-rx="200", bfd-min-tx="100", theirs=yes}');
  });

  it("lose the chassis of hypervisors that are gone, and no others", async () => {
    const sbctl = (...args: string[]) => run("ovn-sbctl", `--db=unix:${root}/sb.sock`, ...args);
    const [gone, living] = [crypto.randomUUID(), crypto.randomUUID()];
    await sbctl(
      "chassis-add",
      gone,
      "geneve",
      "192.0.2.1",
      "--",
      "chassis-add",
      living,
      "geneve",
      "192.0.2.2",
    );
    await sbctl("create", "Chassis_Private", `name=${gone}`);
    const goneChassis = [gone, crypto.randomUUID()];
    await expect
      .poll(
        async () => {
          await ensure({ ...nothing, goneChassis });
          const tables = ["Chassis", "Chassis_Private", "Encap"].map((table) => ["--", "list", table]);
          return sbctl("--bare", ...tables.flat());
        },
        { timeout: 30_000 },
      )
      .not.toContain(gone);
    const left = await sbctl("show");
    expect(left).toContain(living);
    expect(left).not.toContain("192.0.2.1");
    // Its address is free for whoever comes in its place.
    await sbctl("chassis-add", crypto.randomUUID(), "geneve", "192.0.2.1");
  });

  it("leave the rest of a hundred networks alone when one changes", async () => {
    const networks = Array.from({ length: 100 }, (_, index) =>
      networkOf(`net-${index}`, subnetOf(`10.1.${index}`)),
    );
    const ports = networks.flatMap((network, index) =>
      Array.from({ length: 10 }, (_, host) => portOf(network, `10.1.${index}.${host + 10}`, "one")),
    );
    await ensure({ ...nothing, networks, ports });
    await refresh();
    let told = 0;
    const forget = hands.onChange((changes) => {
      told += changes?.length ?? 0;
    });
    const [first, ...others] = ports;
    if (!first) throw new Error("no port");
    expect(
      await ensure({ ...nothing, networks, ports: [{ ...first, hypervisorId: "two" }, ...others] }),
    ).toEqual({
      changed: 1,
      refused: [],
    });
    await refresh();
    expect(told).toBe(1);
    forget();
    await ensure(nothing);
  });
});
