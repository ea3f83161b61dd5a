import { properties } from "@madang/core/hypervisor/property";
import { zoneName } from "@madang/core/hypervisor/zone";
import { displayName } from "@madang/core/instance/launch";
import { uuid } from "@madang/core/uuid";
import { z } from "zod";
import { fenceHypervisor } from "../admission/fence-hypervisor.ts";
import { createFlavor, deleteFlavor, updateFlavor } from "../admission/flavor.ts";
import { revokeHypervisor, setHypervisorEnabled } from "../admission/hypervisor.ts";
import { agentUrls, caFingerprint, inviteHypervisor } from "../admission/join-token.ts";
import { updateHypervisor } from "../admission/update-hypervisor.ts";
import { filterText, pageInput } from "../list.ts";
import { eventFilter, listEvents } from "../reads/event.ts";
import { flavorFilter, listFlavors } from "../reads/flavor.ts";
import { listHypervisors } from "../reads/hypervisor.ts";
import { readOverview } from "../reads/overview.ts";
import { readSystem } from "../reads/system.ts";
import { streamEvents } from "../stream/event-stream.ts";
import { procedure, router } from "../trpc.ts";
import { adminOperationRouter, auditRouter } from "./audit.ts";
import { adminInstanceRouter, orphanRouter, orphanVolumeRouter } from "./damage.ts";
import { managedImageRouter } from "./managed-image.ts";
import { managedNetworkRouter } from "./managed-network.ts";
import { managedProjectRouter } from "./managed-project.ts";
import { managedVolumeRouter, managedVolumeTypeRouter } from "./managed-volume.ts";
import { groupRouter, userRouter } from "./people.ts";
import { aggregateRouter, placementRouter } from "./placement.ts";
import { managedRequestRouter, quotaPolicyRouter } from "./quota-policy.ts";
import { resumeFrom } from "./resume-from.ts";

const one = z.object({ id: uuid });

/** Beyond this an overcommit is a typing error, not a policy. */
const allocationRatio = z.number().min(0.1).max(64);
const hypervisorChanges = one.extend({
  availabilityZone: zoneName.optional(),
  cpuAllocationRatio: allocationRatio.optional(),
  ramAllocationRatio: allocationRatio.optional(),
  diskAllocationRatio: allocationRatio.optional(),
  reservedRamMib: z.int().min(0).max(8_388_608).optional(),
});

const hypervisorRouter = router({
  list: procedure("hypervisor:list")
    .input(z.object(pageInput))
    .query(({ ctx, input }) => listHypervisors(ctx.deps.reads, input)),
  setEnabled: procedure("hypervisor:update")
    .input(one.extend({ enabled: z.boolean(), reason: filterText }))
    .mutation(({ ctx, input }) =>
      setHypervisorEnabled(ctx.deps, ctx.actor, input.id, input.enabled, input.reason),
    ),
  createJoinToken: procedure("hypervisor:join").mutation(async ({ ctx }) => {
    const fingerprint = await caFingerprint(ctx.deps.reads);
    const { token, expiresAt } = await inviteHypervisor(ctx.deps, ctx.actor);
    const urls = await agentUrls(ctx.deps.reads, ctx.deps.about.agentUrl);
    const command = `npm run agent -- --url ${urls.join(",")} --token ${token} --ca-fingerprint ${fingerprint}`;
    return { command, expiresAt };
  }),
  update: procedure("hypervisor:update")
    .input(hypervisorChanges)
    .mutation(({ ctx, input: { id, ...changes } }) => updateHypervisor(ctx.deps, ctx.actor, id, changes)),
  fence: procedure("hypervisor:fence")
    .input(one.extend({ name: filterText }))
    .mutation(({ ctx, input }) => fenceHypervisor(ctx.deps, ctx.actor, input.id, input.name)),
  revoke: procedure("hypervisor:update")
    .input(one)
    .mutation(({ ctx, input }) => revokeHypervisor(ctx.deps, ctx.actor, input.id)),
});

const newFlavor = one.extend({
  name: displayName,
  description: filterText.default(""),
  vcpus: z.int().min(1).max(512),
  ramMib: z.int().min(64).max(8_388_608),
  diskGib: z.int().min(0).max(65_536),
  requiredProperties: properties.default({}),
});
const flavorChanges = one.extend({
  name: displayName.optional(),
  description: filterText.optional(),
  enabled: z.boolean().optional(),
  requiredProperties: properties.optional(),
});

const adminFlavorRouter = router({
  list: procedure("flavor:manage")
    .input(z.object({ filter: flavorFilter, ...pageInput }))
    .query(({ ctx, input }) => listFlavors(ctx.deps.reads, true, input)),
  create: procedure("flavor:manage")
    .input(newFlavor)
    .mutation(({ ctx, input }) => createFlavor(ctx.deps, ctx.actor, input)),
  update: procedure("flavor:manage")
    .input(flavorChanges)
    .mutation(({ ctx, input: { id, ...changes } }) => updateFlavor(ctx.deps, ctx.actor, id, changes)),
  delete: procedure("flavor:manage")
    .input(one)
    .mutation(({ ctx, input }) => deleteFlavor(ctx.deps, ctx.actor, input.id)),
});

const adminEventRouter = router({
  list: procedure("system:read")
    .input(z.object({ filter: eventFilter, ...pageInput }))
    .query(({ ctx, input }) => listEvents(ctx.deps.reads, null, input)),
  stream: procedure("system:read")
    .input(z.object({ lastEventId: resumeFrom }).default({}))
    .subscription(async function* ({ ctx, input, signal = new AbortController().signal }) {
      const lastEventId = input.lastEventId ?? null;
      yield* streamEvents(
        ctx.deps,
        { identity: ctx.me, permission: "system:read", projectId: null, lastEventId },
        signal,
      );
    }),
});

export const adminRouter = router({
  user: userRouter,
  group: groupRouter,
  project: managedProjectRouter,
  quota: quotaPolicyRouter,
  quotaRequest: managedRequestRouter,
  hypervisor: hypervisorRouter,
  flavor: adminFlavorRouter,
  image: managedImageRouter,
  network: managedNetworkRouter,
  aggregate: aggregateRouter,
  placement: placementRouter,
  event: adminEventRouter,
  audit: auditRouter,
  operation: adminOperationRouter,
  instance: adminInstanceRouter,
  orphan: orphanRouter,
  orphanVolume: orphanVolumeRouter,
  volume: managedVolumeRouter,
  volumeType: managedVolumeTypeRouter,
  overview: procedure("system:read").query(({ ctx }) => readOverview(ctx.deps.reads)),
  system: procedure("system:read").query(({ ctx }) => readSystem(ctx.deps.reads, ctx.deps.about, ctx.deps)),
});
