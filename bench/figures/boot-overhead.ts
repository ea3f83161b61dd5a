/** From the launch to the guest's login prompt, less what a bare QEMU takes to boot the same image, in turn with it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Figure, type Measured, resultOf } from "../figure.ts";
import { bareBoot, untilPrompt } from "../load/bare-boot.ts";
import { clearProject } from "../load/clear.ts";
import { launchInput } from "../load/launch.ts";
import { openPeople, type Person } from "../load/people.ts";
import { serialLogOf } from "../load/serial.ts";
import type { Stand } from "../stand/stand.ts";

const times = 7;
const ramMib = 128;

export const bootOverhead: Figure = {
  name: "boot.overhead",
  unit: "s",
  aim: { of: "p50", atMost: 1.5 },
  stand: "guests",
  measure: async (stand): Promise<Measured> => {
    const accelerator = await acceleratorOf(stand.cloud.data);
    if (!accelerator) throw new Error("this machine has only simulated guests");
    const [person] = await openPeople(stand, "boot", 1, 1);
    if (!person) throw new Error("nobody");
    const image = await imageFile(stand);
    // The first guest makes the agent fetch the image.
    await bootOne(stand, person);
    const bare: number[] = [];
    const samples: number[] = [];
    for (let index = 0; index < times; index++) {
      const alone = (await bareBoot(image, ramMib, accelerator)) / 1000;
      bare.push(alone);
      samples.push((await bootOne(stand, person)) / 1000 - alone);
    }
    person.client.close();
    const { p50, max } = resultOf({ name: "bare.boot", unit: "s" }, { samples: bare });
    return { samples, note: `bare boot p50 ${p50} s, max ${max} s (${accelerator})` };
  },
};

async function acceleratorOf(data: string): Promise<"kvm" | "tcg" | null> {
  const found = await readFile(join(data, "libvirt/virt-type.json"), "utf8").catch(() => null);
  if (found === null) return null;
  return JSON.parse(found).virtType === "kvm" ? "kvm" : "tcg";
}

async function imageFile({ cloud, database }: Stand): Promise<string> {
  const { rows } = await database.query<{ sha256: string }>(
    `SELECT sha256 FROM image WHERE sha256 IS NOT NULL LIMIT 1`,
  );
  return join(cloud.data, "images", rows[0]?.sha256 ?? "");
}

/** Launches one, waits for its prompt, deletes it. Answers ms. */
async function bootOne(stand: Stand, person: Person): Promise<number> {
  const { client, projectId, form } = person;
  const input = launchInput(projectId, form, "booted");
  const since = performance.now();
  await client.post("instance.launch", input);
  const log = await serialLogOf(stand, input.ids[0] ?? "");
  await untilPrompt(log);
  const took = performance.now() - since;
  await clearProject(person, stand.database);
  return took;
}
