/** Every list that has a filter, every field of it, with right, wrong and hostile values, against the real database. */
import type { FilterField, FilterFields } from "@madang/core/filter/field";
import { anyInstanceFields, instanceFields } from "@madang/core/filter/instance-fields";
import { anyOperationFields, auditFields } from "@madang/core/filter/log-fields";
import {
  anyNetworkFields,
  floatingIpFields,
  networkFields,
  portFields,
  routerFields,
  securityGroupFields,
} from "@madang/core/filter/network-fields";
import {
  flavorFields,
  groupFields,
  memberFields,
  projectFields,
  userFields,
} from "@madang/core/filter/people-fields";
import {
  anyImageFields,
  anyVolumeFields,
  imageFields,
  snapshotFields,
  volumeFields,
} from "@madang/core/filter/storage-fields";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callerAs, openTestCloud, refusal, type TestCloud } from "../testing.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());

type Answer = Promise<{ items: readonly object[]; total: number }>;
const member = () => callerAs(cloud, "admin");
const admin = () => callerAs(cloud, "cloudAdmin");
const inProject = (text: string) => ({ projectId: cloud.projectId, filter: { text } });

const lists: Readonly<Record<string, { fields: FilterFields; ask: (text: string) => Answer }>> = {
  instances: { fields: instanceFields, ask: (text) => member().instance.list(inProject(text)) },
  volumes: { fields: volumeFields, ask: (text) => member().volume.list(inProject(text)) },
  snapshots: { fields: snapshotFields, ask: (text) => member().volumeSnapshot.list(inProject(text)) },
  images: { fields: imageFields, ask: (text) => member().image.list(inProject(text)) },
  networks: { fields: networkFields, ask: (text) => member().network.list(inProject(text)) },
  ports: { fields: portFields, ask: (text) => member().port.list(inProject(text)) },
  routers: { fields: routerFields, ask: (text) => member().router.list(inProject(text)) },
  floatingIps: { fields: floatingIpFields, ask: (text) => member().floatingIp.list(inProject(text)) },
  securityGroups: {
    fields: securityGroupFields,
    ask: (text) => member().securityGroup.list(inProject(text)),
  },
  members: { fields: memberFields, ask: (text) => member().member.list(inProject(text)) },
  flavors: { fields: flavorFields, ask: (text) => member().flavor.list(inProject(text)) },
  anyInstances: {
    fields: anyInstanceFields,
    ask: (text) => admin().admin.instance.list({ filter: { text } }),
  },
  anyVolumes: { fields: anyVolumeFields, ask: (text) => admin().admin.volume.list({ filter: { text } }) },
  anyImages: { fields: anyImageFields, ask: (text) => admin().admin.image.list({ filter: { text } }) },
  anyNetworks: { fields: anyNetworkFields, ask: (text) => admin().admin.network.list({ filter: { text } }) },
  projects: { fields: projectFields, ask: (text) => admin().admin.project.list({ filter: { text } }) },
  users: { fields: userFields, ask: (text) => admin().admin.user.list({ filter: { text } }) },
  groups: { fields: groupFields, ask: (text) => admin().admin.group.list({ filter: { text } }) },
  operations: {
    fields: anyOperationFields,
    ask: (text) => admin().admin.operation.list({ filter: { text } }),
  },
  audit: { fields: auditFields, ask: (text) => admin().admin.audit.list({ filter: { text } }) },
};

const right: Readonly<Record<FilterField["kind"], readonly string[]>> = {
  text: ["a", '="x y"', "a,b", '"%_\\\\"'],
  enum: [],
  number: ["4", ">=2", "<0.5", "999999999999999"],
  size: ["4GiB", ">512M", "<=1T"],
  date: [">7d", "<99999w", "2026-01-31", ">=2026-01", "<9999", "0001", "9999-12-31"],
  address: ["10.0.0.5", "10.0.", "10.0.0.0/8", "0.0.0.0/0"],
  id: ["0", "0a1b2c3d-", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
  flag: ["yes", "no"],
  property: ["os_distro", "os_distro=ubuntu", '"a b=c=d"', '"\\"{}"'],
};
const valuesOf = (field: FilterField) => [
  ...(field.kind === "enum" ? field.values.map((value) => JSON.stringify(value)) : right[field.kind]),
  "none",
];

describe.each(Object.keys(lists))("%s", (name) => {
  const { fields, ask } = lists[name] ?? { fields: {}, ask: () => Promise.reject(new Error(name)) };

  test("answers every value that a field has, and the rest when it is left out", async () => {
    const all = (await ask("")).total;
    for (const [field, kind] of Object.entries(fields))
      for (const value of valuesOf(kind)) {
        const [found, others] = [await ask(`${field}:${value}`), await ask(`-${field}:${value}`)];
        expect(found.total + others.total, `${field}:${value}`).toBeGreaterThanOrEqual(all);
        const both = await ask(`${field}:${value} -${field}:${value}`);
        expect(both.total, `${field}:${value}`).toBe(0);
      }
  });

  test("refuses what is none of its values, by name, and looks for hostile words without harm", async () => {
    for (const [field, { kind }] of Object.entries(fields)) {
      if (kind === "text" || kind === "property") continue;
      for (const wrong of ["zz'; DROP TABLE instance; --", "상", "💥", "1e+999"])
        expect(await refusal(ask(`${field}:${JSON.stringify(wrong)}`)), `${field}:${wrong}`).toMatchObject({
          ...{ code: "InvalidInput", field: "filter.text" },
          params: { name: field, value: wrong, position: 0 },
        });
    }
    expect(await refusal(ask("nosuchfield:1"))).toMatchObject({
      reason: "filterUnknownField",
      params: { possible: Object.keys(fields).join(", ") },
    });
    for (const word of ["'", "\\", "%", "$1", "a".repeat(1_000), "-'x", '"', "name:\\", "-"])
      await ask(word).catch((error: unknown) => expect(error).toMatchObject({ code: "BAD_REQUEST" }));
    for (const text of ["\0", "\ud800", "x".repeat(1_001)])
      expect(await refusal(ask(text))).toMatchObject({ code: "InvalidInput" });
  });
});
