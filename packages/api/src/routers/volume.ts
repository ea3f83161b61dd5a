import { sizeGib } from "@madang/core/volume/size";
import { newSnapshot, newVolume, snapshotChanges, volumeChanges } from "@madang/core/volume/volume-input";
import { z } from "zod";
import { callOffRevert } from "../admission/call-off-revert.ts";
import { retypeVolume } from "../admission/retype-volume.ts";
import { createVolume, deleteVolume, extendVolume, revertVolume, updateVolume } from "../admission/volume.ts";
import { attachVolume, detachVolume } from "../admission/volume-attachment.ts";
import { createSnapshots, deleteSnapshot, updateSnapshot } from "../admission/volume-snapshot.ts";
import { acceptTransfer, offerTransfer, withdrawTransfer } from "../admission/volume-transfer.ts";
import { pageInput } from "../list.ts";
import { listVolumes, readVolume, volumeFilter } from "../reads/volume.ts";
import { attachableVolumes, attachTargets } from "../reads/volume-place.ts";
import { listSnapshots, snapshotFilter } from "../reads/volume-snapshot.ts";
import { listVolumeTypes, volumeTypeFilter } from "../reads/volume-type.ts";
import { projectProcedure, router } from "../trpc.ts";

const project = { projectId: z.uuid() };
const one = z.object({ ...project, id: z.uuid() });

export const volumeRouter = router({
  list: projectProcedure("volume:list")
    .input(z.object({ ...project, filter: volumeFilter, ...pageInput }))
    .query(({ ctx, input }) => listVolumes(ctx.deps.reads, ctx.projectId, input)),
  get: projectProcedure("volume:list")
    .input(one)
    .query(({ ctx, input }) => readVolume(ctx.deps.reads, ctx.projectId, input.id)),
  /** The instances that it can be given to, and why not to the others. */
  targets: projectProcedure("volume:list")
    .input(one)
    .query(({ ctx, input }) => attachTargets(ctx.deps.reads, ctx.projectId, input.id)),
  /** The volumes that an instance can have, and why not the others. */
  attachable: projectProcedure("volume:list")
    .input(z.object({ ...project, instanceId: z.uuid() }))
    .query(({ ctx, input }) => attachableVolumes(ctx.deps.reads, ctx.projectId, input.instanceId)),
  create: projectProcedure("volume:create")
    .input(newVolume.extend(project))
    .mutation(({ ctx, input: { projectId: _, ...wish } }) =>
      createVolume(ctx.deps, ctx.actor, ctx.projectId, wish),
    ),
  update: projectProcedure("volume:update")
    .input(volumeChanges.extend(one.shape))
    .mutation(({ ctx, input: { projectId, id, ...changes } }) =>
      updateVolume(ctx.deps, ctx.actor, { projectId, id }, changes),
    ),
  extend: projectProcedure("volume:update")
    .input(one.extend({ sizeGib }))
    .mutation(({ ctx, input }) => extendVolume(ctx.deps, ctx.actor, input, input.sizeGib)),
  retype: projectProcedure("volume:retype")
    .input(one.extend({ volumeTypeId: z.uuid() }))
    .mutation(({ ctx, input }) => retypeVolume(ctx.deps, ctx.actor, input, input.volumeTypeId)),
  attach: projectProcedure("volume:attach")
    .input(
      one.extend({
        instanceId: z.uuid(),
        readOnly: z.boolean().default(false),
        deleteWithInstance: z.boolean().default(false),
      }),
    )
    .mutation(({ ctx, input: { projectId, id, ...wish } }) =>
      attachVolume(ctx.deps, ctx.actor, { projectId, id }, wish),
    ),
  detach: projectProcedure("volume:attach")
    .input(one)
    .mutation(({ ctx, input }) => detachVolume(ctx.deps, ctx.actor, input)),
  /** Back to one of its snapshots; what was written since is gone. */
  revert: projectProcedure("volume:update")
    .input(one.extend({ snapshotId: z.uuid() }))
    .mutation(({ ctx, input }) => revertVolume(ctx.deps, ctx.actor, input, input.snapshotId)),
  /** Before its hypervisor did it; what is done stays done. */
  callOffRevert: projectProcedure("volume:update")
    .input(one)
    .mutation(({ ctx, input }) => callOffRevert(ctx.deps, ctx.actor, input)),
  /** `snapshots`: it is known that they go with it. */
  delete: projectProcedure("volume:delete")
    .input(one.extend({ snapshots: z.boolean().default(false) }))
    .mutation(({ ctx, input }) => deleteVolume(ctx.deps, ctx.actor, input, input.snapshots)),
  offerTransfer: projectProcedure("volume:transfer")
    .input(one)
    .mutation(({ ctx, input }) => offerTransfer(ctx.deps, ctx.actor, input)),
  withdrawTransfer: projectProcedure("volume:transfer")
    .input(one)
    .mutation(({ ctx, input }) => withdrawTransfer(ctx.deps, ctx.actor, input)),
  /** By the key that its project gave. */
  acceptTransfer: projectProcedure("volume:transfer")
    .input(z.object({ ...project, key: z.string().max(200) }))
    .mutation(({ ctx, input }) => acceptTransfer(ctx.deps, ctx.actor, ctx.projectId, input.key)),
});

export const volumeSnapshotRouter = router({
  list: projectProcedure("volume_snapshot:list")
    .input(z.object({ ...project, filter: snapshotFilter, ...pageInput }))
    .query(({ ctx, input }) => listSnapshots(ctx.deps.reads, ctx.projectId, input)),
  create: projectProcedure("volume_snapshot:create")
    .input(newSnapshot.extend(project))
    .mutation(({ ctx, input: { projectId: _, ...wish } }) =>
      createSnapshots(ctx.deps, ctx.actor, ctx.projectId, wish),
    ),
  update: projectProcedure("volume_snapshot:update")
    .input(snapshotChanges.extend(one.shape))
    .mutation(({ ctx, input: { projectId, id, ...changes } }) =>
      updateSnapshot(ctx.deps, ctx.actor, { projectId, id }, changes),
    ),
  delete: projectProcedure("volume_snapshot:delete")
    .input(one)
    .mutation(({ ctx, input }) => deleteSnapshot(ctx.deps, ctx.actor, input)),
});

export const volumeTypeRouter = router({
  list: projectProcedure("volume:list")
    .input(z.object({ ...project, filter: volumeTypeFilter, ...pageInput }))
    .query(({ ctx, input }) => listVolumeTypes(ctx.deps.reads, ctx.projectId, input)),
});
