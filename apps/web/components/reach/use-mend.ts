"use client";

import type { ReachRemedy } from "@madang/core/network/reach-facts";
import { presetMatch } from "@madang/core/network/security-preset";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC, useTRPCClient } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";

export type Remedy = ReachRemedy;

type Client = ReturnType<typeof useTRPCClient>;
type Of<Kind extends Remedy["kind"]> = Extract<Remedy, { kind: Kind }>;

/** Does what a remedy says, by the same calls as the pages it stands for; what it can't do alone it leaves alone. */
export function useMend(projectId: string, instanceId: string) {
  const t = useTranslations("reach");
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const mutation = useMutation({
    mutationFn: (remedy: Remedy) =>
      carryOut(client, { projectId, instanceId, name: t("routerName") }, remedy),
    onSettled: () => {
      const touched = [
        ...[trpc.instance, trpc.router, trpc.floatingIp, trpc.securityGroup, trpc.network, trpc.port],
        trpc.project.quota,
      ];
      for (const part of touched) void queries.invalidateQueries({ queryKey: part.pathKey() });
      // Pending until what it says next is known, so that nobody mends twice.
      return queries.refetchQueries({ queryKey: trpc.instance.reach.pathKey() });
    },
  });
  const failure: Failure | null = mutation.error ? failureOf(mutation.error) : null;
  return { mend: (remedy: Remedy) => mutation.mutate(remedy), pending: mutation.isPending, failure };
}

/** `name`: of a router that has to be made. */
type Where = { projectId: string; instanceId: string; name: string };

async function carryOut(client: Client, where: Where, remedy: Remedy): Promise<void> {
  const { projectId, instanceId } = where;
  switch (remedy.kind) {
    case "startInstance":
      await client.instance.start.mutate({ projectId, id: instanceId });
      return;
    case "addRouterInterface":
      await client.router.addInterface.mutate({
        projectId,
        id: remedy.routerId,
        target: { subnetId: remedy.subnetId },
      });
      return;
    case "createRouter":
      return await createRouter(client, where, remedy);
    case "setGateway":
      await client.router.setGateway.mutate({
        projectId,
        id: remedy.routerId,
        networkId: remedy.externalNetworkId,
      });
      return;
    case "associateFloatingIp":
      return await associate(client, projectId, remedy.floatingIpId, remedy);
    case "allocateFloatingIp":
      return await allocate(client, projectId, remedy);
    case "addRule":
      return await addRule(client, projectId, remedy);
    case "attachInterface":
    case "setSecurityGroups":
    case "openConsole":
      return;
  }
}

async function createRouter(
  client: Client,
  { projectId, name }: Where,
  remedy: Of<"createRouter">,
): Promise<void> {
  const { externalNetworkId, subnetId } = remedy;
  await client.router.create.mutate({
    projectId,
    id: uuidV7(),
    name,
    externalNetworkId,
    subnetIds: [subnetId],
  });
}

type Target = { portId: string; fixedAddress: string };

async function associate(client: Client, projectId: string, id: string, target: Target): Promise<void> {
  const { portId, fixedAddress } = target;
  await client.floatingIp.associate.mutate({ projectId, id, portId, fixedAddress });
}

/** Where the second call fails, the address stays: the next remedy is to associate it. */
async function allocate(client: Client, projectId: string, remedy: Of<"allocateFloatingIp">): Promise<void> {
  const id = uuidV7();
  await client.floatingIp.allocate.mutate({ projectId, id, networkId: remedy.externalNetworkId });
  await associate(client, projectId, id, remedy);
}

async function addRule(client: Client, projectId: string, remedy: Of<"addRule">): Promise<void> {
  const match = presetMatch(remedy.preset, "IPv4");
  if (!match) return;
  const rule = { id: uuidV7(), direction: "ingress" as const, ...match };
  await client.securityGroup.addRules.mutate({ projectId, id: remedy.securityGroupId, rules: [rule] });
}
