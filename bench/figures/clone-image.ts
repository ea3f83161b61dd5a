/**
 * From the request for a volume of 2 GiB from an image until it is made and its hypervisor has said so. What was never
 * used is nowhere, so it is given at once to a stopped instance, which is part of the request.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Figure, resultOf } from "../figure.ts";
import { clearProject } from "../load/clear.ts";
import { launchInput } from "../load/launch.ts";
import { openPeople, type Person } from "../load/people.ts";
import { deleteVolume, detachVolume, makeVolume, untilInstance, untilVolume } from "../load/volumes.ts";
import type { Stand } from "../stand/stand.ts";

const run = promisify(execFile);
const times = 15;
const warmUps = 1;

export const cloneImage: Figure = {
  name: "clone.image",
  unit: "ms",
  aim: { of: "p50", atMost: 150 },
  stand: "guests",
  measure: async (stand) => {
    const [person] = await openPeople(stand, "clone", 1, 1);
    if (!person) throw new Error("nobody");
    const { client, projectId, form } = person;
    const input = launchInput(projectId, form, "cloned");
    await client.post("instance.launch", { ...input, networks: "none" });
    const [instanceId = ""] = input.ids;
    try {
      await untilInstance(stand.database, instanceId, "ACTIVE");
      await client.post("instance.stop", { projectId, id: instanceId });
      await untilInstance(stand.database, instanceId, "SHUTOFF");
      const [samples, accepted, bare]: [number[], number[], number[]] = [[], [], []];
      for (let index = -warmUps; index < times; index++) {
        const alone = await bareOverlay();
        const took = await cloneOnce(stand, person, instanceId);
        if (index < 0) continue;
        bare.push(alone);
        accepted.push(took.accepted);
        samples.push(took.made);
      }
      const p50 = (of: number[]) => resultOf({ name: "clone", unit: "ms" }, { samples: of }).p50;
      const note = `the request alone, after which it is available and on no hypervisor, p50 ${p50(accepted)} ms; a bare \`qemu-img create\` of an overlay p50 ${p50(bare)} ms`;
      return { samples, note };
    } finally {
      await clearProject(person, stand.database);
      client.close();
    }
  },
};

async function cloneOnce({ database }: Stand, person: Person, instanceId: string) {
  const { client, projectId, form } = person;
  const since = performance.now();
  const id = await makeVolume(person, { sizeGib: 2, source: { kind: "image", imageId: form.imageId } });
  const accepted = performance.now() - since;
  const [made] = await Promise.all([
    untilVolume(database, id, "made AND observed = 'available'"),
    client.post("volume.attach", { projectId, id, instanceId }),
  ]);
  await untilVolume(database, id, "status = 'in-use'");
  await detachVolume(person, database, id);
  await deleteVolume(person, database, id);
  return { accepted, made: made - since };
}

/** What the machine needs for it without anything of ours, ms. */
async function bareOverlay(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "madang-overlay-"));
  const [base, overlay] = [join(folder, "base.qcow2"), join(folder, "overlay.qcow2")];
  try {
    await run("qemu-img", ["create", "-q", "-f", "qcow2", base, "2G"]);
    const since = performance.now();
    await run("qemu-img", ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, overlay, "2G"]);
    return performance.now() - since;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
