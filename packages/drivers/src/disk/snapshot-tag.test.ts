import { expect, it } from "vitest";
import { copyTagOf, readCopyTag, readTag, tagOf } from "./snapshot-tag.ts";

const id = "1b2d02d4-495f-4147-a187-775fbf49676a";

it("names of snapshots tell how they were taken, and nobody else's name is taken for one", () => {
  for (const taken of ["off", "live", "quiesced"] as const)
    expect(readTag(tagOf({ snapshotId: id, taken }))).toEqual({ snapshotId: id, taken });
  for (const other of ["", "1", "before-upgrade", `${id}.`, `${id}.live.live`, `${id}.other`, copyTagOf(id)])
    expect(readTag(other)).toBeNull();
  expect(readCopyTag(copyTagOf(id))).toBe(id);
  for (const other of ["", id, "copy-", "copy-1", `copy-${id}.live`]) expect(readCopyTag(other)).toBeNull();
});
