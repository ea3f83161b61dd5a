/** From the request to attach a volume until a real guest says on its serial line that it sees the disk. */
import { type Figure, resultOf } from "../figure.ts";
import { clearProject } from "../load/clear.ts";
import { launchInput } from "../load/launch.ts";
import { openPeople, type Person } from "../load/people.ts";
import { openSerialLine, type SerialLine, serialLogOf } from "../load/serial.ts";
import { deleteVolume, detachVolume, makeVolume, untilVolume } from "../load/volumes.ts";
import type { Stand } from "../stand/stand.ts";

const warmUps = 1;
const volumes = 10;

/** Runs in the guest. A disk's serial number is the beginning of its volume's id. */
const watcher = `#!/bin/sh
known=
echo DISKS-WATCHED > /dev/ttyS0
while :; do
  now=
  for file in /sys/block/vd*/serial; do
    serial=
    read -r serial < $file
    [ "$serial" ] || continue
    now="$now $serial"
    case "$known " in *" $serial "*) ;; *) echo "DISK-$serial" > /dev/ttyS0 ;; esac
  done 2>/dev/null
  known=$now
  usleep 5000
done
`;

export const attachVisible: Figure = {
  name: "attach.visible",
  unit: "ms",
  aim: { of: "p95", atMost: 800 },
  stand: "guests",
  measure: async (stand) => {
    const [person] = await openPeople(stand, "attach", 1, 1);
    if (!person) throw new Error("nobody");
    const input = launchInput(person.projectId, person.form, "attached");
    await person.client.post("instance.launch", { ...input, userData: watcher, networks: "none" });
    const [instanceId = ""] = input.ids;
    const line = await openSerialLine(await serialLogOf(stand, instanceId));
    try {
      await line.see("DISKS-WATCHED");
      const [first, again]: [number[], number[]] = [[], []];
      for (let index = -warmUps; index < volumes; index++) {
        const id = await makeVolume(person, { sizeGib: 1 });
        const took = [
          await attachOnce(stand, person, line, { id, instanceId }),
          await attachOnce(stand, person, line, { id, instanceId }),
        ];
        await deleteVolume(person, stand.database, id);
        if (index < 0) continue;
        first.push(took[0] ?? 0);
        again.push(took[1] ?? 0);
      }
      const p95 = (samples: number[]) => resultOf({ name: "attach", unit: "ms" }, { samples }).p95;
      const note = `a volume that must be made first p95 ${p95(first)} ms, one that is there p95 ${p95(again)} ms; the guest looks every 5 ms`;
      return { samples: [...first, ...again], note };
    } finally {
      await line.close();
      await clearProject(person, stand.database);
      person.client.close();
    }
  },
};

/** Attaches it, sees it, gives it back. Answers ms. */
async function attachOnce(
  { database }: Stand,
  person: Person,
  line: SerialLine,
  ref: { id: string; instanceId: string },
): Promise<number> {
  const { client, projectId } = person;
  const since = performance.now();
  const [at] = await Promise.all([
    line.see(`DISK-${ref.id.slice(0, 20)}`),
    client.post("volume.attach", { projectId, ...ref }),
  ]);
  await untilVolume(database, ref.id, "status = 'in-use'");
  await detachVolume(person, database, ref.id);
  return at - since;
}
