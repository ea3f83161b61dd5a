/**
 * What every central network driver must do. Run over all registered drivers. The harness brings what a driver can't say
 * about itself: what is really there, by somebody else who looks, and bad days.
 */
import { CloudError } from "@madang/core/errors";
import type { Topology } from "@madang/core/network/topology";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../hypervisor/testing/until.ts";
import type { NetworkDriver } from "./driver.ts";
import { office, portOf, tcp, withPort, withRules } from "./testing/office.ts";

/** What there is of ours, by our ids, sorted. */
export type Held = Readonly<
  Record<"networks" | "ports" | "routers" | "floatingIps" | "securityGroups" | "rules", string[]>
>;

export type NetworkHarness = {
  driver: NetworkDriver;
  /** Three */
  chassis: readonly string[];
  held(): Promise<Held>;
  /** A port of ours is taken away by hand. */
  losePort(portId: string): Promise<void>;
  /** The databases answer nobody until `appear`; what is in them stays. */
  vanish(): Promise<void>;
  appear(): Promise<void>;
  close(): Promise<void>;
};

const nothingToDo = { changed: 0, refused: [] };
const nothing: Topology = {
  networks: [],
  ports: [],
  routers: [],
  floatingIps: [],
  securityGroups: [],
  chassis: [],
};

export function networkContract(name: string, makeHarness: () => Promise<NetworkHarness>): void {
  describe(`the network driver ${name}`, () => {
    let harness: NetworkHarness;
    let driver: NetworkDriver;
    beforeAll(async () => {
      harness = await makeHarness();
      driver = harness.driver;
    });
    afterAll(() => harness?.close());

    const ensure = (topology: Topology) => driver.ensure(topology, AbortSignal.timeout(60_000));
    const settled = async (topology: Topology) => {
      await ensure(topology);
      expect(await harness.held()).toEqual(told(topology));
      expect(await ensure(topology)).toEqual(nothingToDo);
    };

    it("makes a topology, and nothing of it twice", async () => {
      const { topology } = office(harness.chassis);
      expect((await ensure(topology)).changed).toBeGreaterThan(0);
      expect(await harness.held()).toEqual(told(topology));
      expect(await ensure(topology)).toEqual(nothingToDo);
      expect(await ensure(structuredClone(topology))).toEqual(nothingToDo);
    });

    it("does not mind in which order it is told", async () => {
      const { topology } = office(harness.chassis);
      await ensure(topology);
      const { networks, ports, routers, securityGroups } = topology;
      const turned = {
        ...topology,
        networks: networks.toReversed(),
        ports: ports.toReversed(),
        routers: routers.toReversed(),
        securityGroups: securityGroups.toReversed(),
      };
      expect(await ensure(turned)).toEqual(nothingToDo);
    });

    it("changes what changed, and removes what is not told any more", async () => {
      const { topology, ours, ports, otherRouter } = office(harness.chassis);
      await settled(topology);
      await settled(withRules(topology, ours.id, [...ours.rules, tcp(22)]));
      await settled(withRules(topology, ours.id, []));
      await settled({ ...topology, floatingIps: [] });
      await settled(withPort(topology, ports.a1.id, { securityGroupIds: [] }));
      await settled({ ...topology, routers: topology.routers.filter(({ id }) => id !== otherRouter.id) });
      await settled({ ...nothing, chassis: harness.chassis });
    });

    it("says to which hypervisor each port is bound", async () => {
      const { topology, red, ports } = office(harness.chassis);
      const unbound = portOf(red, "10.0.1.77", null);
      const [, , last = ""] = harness.chassis;
      await ensure({ ...topology, ports: [...topology.ports, unbound] });
      const bound = async (id: string) =>
        (await driver.observe()).ports.find(({ portId }) => portId === id)?.hypervisorId;
      expect(await bound(unbound.id)).toBeNull();
      expect(await bound(ports.a1.id)).toBe(harness.chassis[0]);
      await ensure(withPort(topology, ports.a1.id, { hypervisorId: last }));
      expect(await bound(ports.a1.id)).toBe(last);
      expect(await bound(unbound.id)).toBeUndefined();
    });

    it("says through which chassis a router reaches outside", async () => {
      const { topology, router } = office(harness.chassis);
      await ensure(topology);
      await until("the best chassis to be the gateway", async () => {
        const { gateways } = await driver.observe();
        return gateways?.get(router.id) === harness.chassis[0];
      });
    });

    it("hints at a port that was taken away, and makes it again", async () => {
      const { topology, ports } = office(harness.chassis);
      await ensure(topology);
      let hints = 0;
      const unwatch = driver.watch(() => {
        hints += 1;
      });
      await harness.losePort(ports.a2.id);
      expect((await harness.held()).ports).not.toContain(ports.a2.id);
      await until("a hint", async () => hints > 0);
      unwatch();
      expect((await ensure(topology)).changed).toBeGreaterThan(0);
      expect(await harness.held()).toEqual(told(topology));
    });

    it("refuses to begin for somebody who has gone", async () => {
      const { topology } = office(harness.chassis);
      await ensure(nothing);
      const gone = AbortSignal.abort(new Error("gone"));
      await expect(driver.ensure(topology, gone)).rejects.toThrow("gone");
      expect((await harness.held()).networks).toEqual([]);
    });

    it("says that nobody answers, and converges when somebody does", async () => {
      const { topology } = office(harness.chassis);
      await settled(nothing);
      await harness.vanish();
      for (const attempt of await Promise.allSettled([ensure(topology), driver.observe()])) {
        const error = attempt.status === "rejected" ? attempt.reason : null;
        expect(error).toBeInstanceOf(CloudError);
        expect(error).toMatchObject({
          code: "Unavailable",
          options: { reason: "networkUnreachable", retry: "later" },
        });
      }
      await harness.appear();
      await until("somebody to answer", () =>
        driver.observe().then(
          () => true,
          () => false,
        ),
      );
      await settled(topology);
    });
  });
}

function told({ networks, ports, routers, floatingIps, securityGroups }: Topology): Held {
  const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id).toSorted();
  return {
    networks: ids(networks),
    ports: ids(ports),
    routers: ids(routers),
    floatingIps: ids(floatingIps),
    securityGroups: ids(securityGroups),
    rules: ids(securityGroups.flatMap(({ rules }) => rules)),
  };
}
