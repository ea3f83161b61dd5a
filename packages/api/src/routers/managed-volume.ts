import { newVolumeType, volumeTypeChanges } from "@madang/core/volume/volume-input";
import { z } from "zod";
import { forceDeleteVolume } from "../admission/force-delete-volume.ts";
import {
  createVolumeType,
  deleteVolumeType,
  setDefaultVolumeType,
  updateVolumeType,
} from "../admission/volume-type.ts";
import { filterText, pageInput } from "../list.ts";
import { listAnyVolumes } from "../reads/any-volume.ts";
import { listStoragePools } from "../reads/storage-pool.ts";
import { volumeFilter } from "../reads/volume.ts";
import { listManagedTypes, volumeTypeFilter } from "../reads/volume-type.ts";
import { procedure, router } from "../trpc.ts";

const one = z.object({ id: z.uuid() });

export const managedVolumeRouter = router({
  list: procedure("volume:list_all")
    .input(z.object({ filter: volumeFilter, ...pageInput }))
    .query(({ ctx, input }) => listAnyVolumes(ctx.deps.reads, input)),
  forceDelete: procedure("volume:force_delete")
    .input(one.extend({ name: filterText }))
    .mutation(({ ctx, input }) => forceDeleteVolume(ctx.deps, ctx.actor, input.id, input.name)),
  pools: procedure("volume:list_all").query(({ ctx }) => listStoragePools(ctx.deps.reads)),
});

export const managedVolumeTypeRouter = router({
  list: procedure("volume:list_all")
    .input(z.object({ filter: volumeTypeFilter, ...pageInput }))
    .query(({ ctx, input }) => listManagedTypes(ctx.deps.reads, input)),
  create: procedure("volume_type:manage")
    .input(newVolumeType)
    .mutation(({ ctx, input }) => createVolumeType(ctx.deps, ctx.actor, input)),
  update: procedure("volume_type:manage")
    .input(volumeTypeChanges.extend(one.shape))
    .mutation(({ ctx, input: { id, ...changes } }) => updateVolumeType(ctx.deps, ctx.actor, id, changes)),
  delete: procedure("volume_type:manage")
    .input(one)
    .mutation(({ ctx, input }) => deleteVolumeType(ctx.deps, ctx.actor, input.id)),
  setDefault: procedure("volume_type:manage")
    .input(one)
    .mutation(({ ctx, input }) => setDefaultVolumeType(ctx.deps, ctx.actor, input.id)),
});
