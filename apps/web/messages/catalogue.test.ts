/** Both catalogues say the same things, and everything that core and the pages can name is in them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { errorCodes } from "@madang/core/errors";
import { partReasons } from "@madang/core/health";
import { resourceClasses } from "@madang/core/hypervisor/capacity";
import { placementFilterNames } from "@madang/core/hypervisor/placement";
import { hypervisorStates } from "@madang/core/hypervisor/state";
import { weigherNames } from "@madang/core/hypervisor/weight";
import { permissions, roles } from "@madang/core/identity/permission";
import { areas } from "@madang/core/identity/role-table";
import { actionBlocked, adminActions, instanceActions } from "@madang/core/instance/action";
import { instanceStatuses, powerStates, taskStates } from "@madang/core/instance/status";
import { quotaResources } from "@madang/core/quota/resource";
import { volumeActionBlocked, volumeActions } from "@madang/core/volume/action";
import { snapshotStatuses, volumeStatuses } from "@madang/core/volume/status";
import { guestReport } from "@madang/core/wire/guest";
import { volumeReport } from "@madang/core/wire/volume";
import { describe, expect, it } from "vitest";
import en from "./en.json" with { type: "json" };
import ko from "./ko.json" with { type: "json" };

type Tree = { [key: string]: string | Tree };

function flatten(tree: Tree, prefix = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === "string" ? [[prefix + key, value]] : flatten(value, `${prefix}${key}.`),
  );
}

const english = new Map(flatten(en));
const korean = new Map(flatten(ko));
const web = join(import.meta.dirname, "..");
const repository = join(web, "../..");

/** The same in both languages on purpose. */
const alike = new Set([
  "resources.cores",
  "metrics.cpu.used",
  "facts.id",
  "routers.snat",
  "networks.columns.mtu",
  "securityGroups.words.overIpv6",
  "sshPath.title",
  "admin.hypervisors.classes.VCPU",
  "admin.flavors.vcpus",
  "admin.flavors.vcpusLabel",
]);

function sources(folder: string, endings: RegExp): string[] {
  const files = readdirSync(join(repository, folder), { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile() && endings.test(file.name))
    .map((file) => join(file.parentPath, file.name))
    .filter((path) => !/node_modules|\/generated\/|\/testing\/|\.test\.tsx?$/.test(path));
}

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].flatMap(([, found]) => (found === undefined ? [] : [found]));
}

/** ICU arguments of a message, by name. */
function argumentsOf(message: string): string[] {
  return [...new Set(matches(message, /\{\s*(\w+)\s*[,}]/g))].sort();
}

function missing(keys: readonly string[]): string[] {
  return keys.filter((key) => !english.has(key));
}

/** Every reason that any state of an instance gives for any action. */
function actionReasons(): Set<string> {
  const reasons = new Set<string>();
  for (const status of instanceStatuses)
    for (const taskState of [null, ...taskStates])
      for (const powerState of powerStates)
        for (const deleteProtection of [true, false])
          for (const action of [...instanceActions, ...adminActions]) {
            const reason = actionBlocked(action, {
              status,
              taskState,
              powerState,
              deleteProtection,
              launchedAt: null,
            });
            if (reason) reasons.add(reason);
          }
  return reasons;
}

describe("catalogues", () => {
  it("have the same keys", () => {
    expect([...korean.keys()].sort()).toEqual([...english.keys()].sort());
    expect(english.size).toBeGreaterThan(400);
  });

  it("leave nothing in English", () => {
    const same = [...english].filter(([key, text]) => korean.get(key) === text && !alike.has(key));
    expect(same).toEqual([]);
    const unspoken = [...korean].filter(([key, text]) => !/[가-힣]/.test(text) && !alike.has(key));
    const words = unspoken.filter(([, text]) => /[A-Za-z]{2,}/.test(text.replace(/\{[^}]*\}/g, "")));
    expect(words).toEqual([]);
  });

  it("interpolate the same values", () => {
    const differ = [...english].filter(([key, text]) => {
      const other = korean.get(key) ?? "";
      return argumentsOf(text).join() !== argumentsOf(other).join();
    });
    expect(differ.map(([key]) => key)).toEqual([]);
  });

  it("put no particle after a name that may end either way", () => {
    const guesses = [...korean].filter(([, text]) =>
      /\}(?:을|를|이|가|은|는|과|와|으로|로|\(으\)로|\(이\))(?:\s|\(|$)/.test(text),
    );
    expect(guesses).toEqual([]);
  });
});

describe("words for everything that core names", () => {
  it("has statuses, tasks, phases and actions", () => {
    const phases = guestReport.shape.phase.unwrap().options;
    expect(missing(instanceStatuses.map((status) => `statuses.${status}`))).toEqual([]);
    expect(missing(taskStates.map((task) => `tasks.${task}`))).toEqual([]);
    expect(missing(phases.map((phase) => `phases.${phase}`))).toEqual([]);
    const actions = [...instanceActions, ...adminActions];
    expect(missing(actions.map((action) => `actions.${action}`))).toEqual([]);
  });

  it("has every reason an action can be refused for", () => {
    const reasons = [...actionReasons()];
    expect(reasons.length).toBeGreaterThan(5);
    expect(missing(reasons.map((reason) => `reasons.${reason}`))).toEqual([]);
  });

  it("has what a volume is, what is being done to it, and why something can't be", () => {
    expect(missing(volumeStatuses.map((status) => `volumes.statuses.${status}`))).toEqual([]);
    expect(missing(snapshotStatuses.map((status) => `volumes.snapshotStatuses.${status}`))).toEqual([]);
    const phases = volumeReport.shape.phase.unwrap().options;
    expect(missing(phases.map((phase) => `volumes.phases.${phase}`))).toEqual([]);
    const reasons = volumeActions.flatMap((action) =>
      volumeStatuses.flatMap((status) =>
        [null, "attached" as const].flatMap((attachment) => {
          const snapshots = { snapshots: 0, snapshotsTaking: 0, snapshotsHeld: 0 };
          const view = { status, attachment, deleteProtection: true, copies: 1, ...snapshots };
          return volumeActionBlocked(action, view) ?? [];
        }),
      ),
    );
    expect(new Set(reasons).size).toBeGreaterThan(6);
    const later = ["snapshotsTooMany", "volumeSnapshotCreating", "instanceWithoutVolumes"];
    const told = [...reasons, ...later, "snapshotVolumesUnsettled", "snapshotNotReady", "snapshotDeleting"];
    expect(missing([...new Set(told)].map((reason) => `reasons.${reason}`))).toEqual([]);
  });

  it("has each part of health, and why it may not be well", () => {
    const words = Object.entries(partReasons).flatMap(([part, reasons]) => [
      `admin.health.parts.${part}`,
      ...reasons.map((reason) => `admin.health.words.${part}.${reason}`),
    ]);
    expect(words.length).toBeGreaterThan(25);
    expect(missing(words)).toEqual([]);
  });

  it("has hypervisors, quota and error codes", () => {
    expect(missing(hypervisorStates.map((state) => `hypervisorStates.${state}`))).toEqual([]);
    expect(missing(resourceClasses.map((name) => `admin.hypervisors.classes.${name}`))).toEqual([]);
    expect(missing(quotaResources.map((name) => `resources.${name}`))).toEqual([]);
    expect(missing(errorCodes.map((code) => `errors.${code}`))).toEqual([]);
  });
});

describe("words for roles", () => {
  it("has each permission, each area and what each role is", () => {
    expect(missing(Object.keys(permissions).map((name) => `permissions.${name}`))).toEqual([]);
    const told = new Set(Object.keys(permissions).map((name) => `permissions.${name}`));
    const stale = [...english.keys()].filter((key) => key.startsWith("permissions.") && !told.has(key));
    expect(stale).toEqual([]);
    expect(missing(areas().map((area) => `permissionAreas.${area}`))).toEqual([]);
    expect(missing(roles.map((role) => `roles.short.${role}`))).toEqual([]);
  });
});

describe("words for placement", () => {
  it("has every filter, as a reason to wait and as a forecast, and what each weight does", () => {
    const filters = placementFilterNames.filter((name) => name !== "excluded");
    expect(missing(placementFilterNames.map((name) => `diagnosis.${name}`))).toEqual([]);
    expect(missing([...filters, "none"].map((name) => `launch.misfits.${name}`))).toEqual([]);
    const does = (name: string) => (name === "failures" ? ["avoids"] : ["spreads", "packs"]);
    const words = weigherNames.flatMap((name) =>
      ["title", "ignored", ...does(name)].map((what) => `admin.placement.weighers.${name}.${what}`),
    );
    expect(missing(words)).toEqual([]);
  });
});

describe("words for everything that the code names", () => {
  const backend = ["packages", "apps/controller", "apps/agent", "apps/web/server"]
    .flatMap((folder) => sources(folder, /\.ts$/))
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");

  it("has every reason of an error", () => {
    const thrown = /(?:\breason: |\brefused\(\s*)"([A-Za-z]\w*)"/g;
    const reasons = [...new Set(matches(backend, thrown))];
    expect(reasons.length).toBeGreaterThan(20);
    const known = (reason: string) =>
      ["errors", "reasons", "validation"].some((group) => english.has(`${group}.${reason}`));
    expect(reasons.filter((reason) => !known(reason))).toEqual([]);
  });

  it("has every fault of a schema in core", () => {
    const faults = matches(
      sources("packages/core/src", /\.ts$/)
        .map((path) => readFileSync(path, "utf8"))
        .join("\n"),
      /error: "(\w+)"/g,
    );
    expect(faults.length).toBeGreaterThan(3);
    expect(missing(faults.map((fault) => `validation.${fault}`))).toEqual([]);
  });

  it("has every event's sentence and every operation's name", () => {
    const groups =
      "access|export|instance|console|key_pair|hypervisor|orphan|flavor|aggregate|placement|trail|session|user|group|member|quota_request|quota|network|subnet|port|router|floating_ip|security_group|volume|volume_snapshot|volume_type";
    const actions = new Set(matches(backend, new RegExp(`"((?:${groups})\\.[a-z-]+)"`, "g")));
    expect(actions.size).toBeGreaterThan(15);
    const unknown = [...actions].filter(
      (action) => !english.has(`events.${action}`) && !english.has(`operationKinds.${action}`),
    );
    // Files and procedures, not events.
    const isOther = (action: string) =>
      ["session.key", "network.json", "volume.json"].includes(action) || action.endsWith(".list");
    expect(unknown.filter((action) => !isOther(action))).toEqual([]);
  });

  it("has what the frame of every list says", () => {
    const sections = sources("apps/web", /\.tsx$/).flatMap((path) => {
      const text = readFileSync(path, "utf8");
      return text.includes("<ListPage") ? matches(text, /\bsection="([\w.]+)"/g) : [];
    });
    expect(sections.length).toBeGreaterThan(10);
    const said = ["title", "total", "totalOver", "nothing", "empty.title", "empty.about"];
    const unfiltered = ["keyPairs.nothing"];
    const absent = missing(sections.flatMap((section) => said.map((key) => `${section}.${key}`)));
    expect(absent.filter((key) => !unfiltered.includes(key))).toEqual([]);
  });

  it("has every key that a page asks for", () => {
    const absent = sources("apps/web", /\.tsx?$/).flatMap((path) => {
      const text = readFileSync(path, "utf8");
      return absentKeys(text).map((key) => `${path.slice(web.length)}: ${key}`);
    });
    expect(absent).toEqual([]);
  });
});

/** Keys asked for by a literal through a translator bound by `useTranslations` or `getTranslations` in the same file. */
function absentKeys(text: string): string[] {
  const bound = new Map<string, Set<string>>();
  const binding = /const (\w+)(?:: Translate)? = (?:await )?(?:use|get)Translations\((?:"([\w.]+)")?\)/g;
  for (const [, name, group] of text.matchAll(binding)) {
    if (name) bound.set(name, (bound.get(name) ?? new Set()).add(group ?? ""));
  }
  return [...bound].flatMap(([name, groups]) => {
    const keys = matches(text, new RegExp(`\\b${name}(?:\\.rich)?\\(\\s*"([\\w.-]+)"`, "g"));
    const known = (key: string) =>
      [...groups].some((group) => english.has(group === "" ? key : `${group}.${key}`));
    return keys.filter((key) => !known(key));
  });
}
