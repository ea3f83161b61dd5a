/** What administrators do when something broke: instances that hang, guests that nobody knows. */

import { displayName } from "@madang/core/instance/launch";
import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { adoptOrphan } from "../admission/adopt-orphan.ts";
import { forceDeleteInstance } from "../admission/force-delete-instance.ts";
import { destroyOrphan } from "../admission/orphan.ts";
import { removeOrphanVolume } from "../admission/orphan-volume.ts";
import { resetInstance } from "../admission/reset-instance.ts";
import { pageInput } from "../list.ts";
import { anyInstanceFilter, listAnyInstances } from "../reads/instance.ts";
import { listOrphans } from "../reads/orphan.ts";
import { listOrphanVolumes } from "../reads/orphan-volume.ts";
import { procedure, router } from "../trpc.ts";

const one = z.object({ id: uuid });

export const adminInstanceRouter = router({
  list: procedure("instance:list_all")
    .input(z.object({ filter: anyInstanceFilter.optional(), ...pageInput }))
    .query(({ ctx, input }) => listAnyInstances(ctx.deps.reads, input)),
  reset: procedure("instance:reset")
    .input(one)
    .mutation(({ ctx, input }) => resetInstance(ctx.deps, ctx.actor, input.id)),
  forceDelete: procedure("instance:force_delete")
    .input(one)
    .mutation(({ ctx, input }) => forceDeleteInstance(ctx.deps, ctx.actor, input.id)),
});

export const orphanVolumeRouter = router({
  list: procedure("hypervisor:list")
    .input(z.object({ hypervisorId: uuid, ...pageInput }))
    .query(({ ctx, input }) => listOrphanVolumes(ctx.deps.reads, input)),
  remove: procedure("orphan:manage")
    .input(z.object({ hypervisorId: uuid, volumeId: uuid }))
    .mutation(({ ctx, input }) => removeOrphanVolume(ctx.deps, ctx.actor, input)),
});

/** Whoever else uses a hypervisor may have given a guest any 128 bits as its id. */
const orphanRef = z.object({ hypervisorId: uuid, guestId: z.guid() });

export const orphanRouter = router({
  list: procedure("hypervisor:list")
    .input(z.object({ hypervisorId: uuid, ...pageInput }))
    .query(({ ctx, input }) => listOrphans(ctx.deps.reads, input)),
  destroy: procedure("orphan:manage")
    .input(orphanRef)
    .mutation(({ ctx, input }) => destroyOrphan(ctx.deps, ctx.actor, input)),
  adopt: procedure("orphan:manage")
    .input(orphanRef.extend({ id: uuid, projectId: uuid, name: displayName }))
    .mutation(({ ctx, input }) => adoptOrphan(ctx.deps, ctx.actor, input)),
});
