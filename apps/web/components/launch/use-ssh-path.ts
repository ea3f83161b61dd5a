"use client";

import type { LaunchNetworks } from "@madang/core/network/interface-input";
import type { Usage } from "@madang/core/quota/resource";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useFormContext } from "react-hook-form";
import type { SshPathRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { type LaunchForm, launchInputOf } from "./form-schema.ts";

export type SshPathPlan = {
  /** null: it was not asked for, or is not known yet. */
  answer: SshPathRow | null;
  /** Of the quota, beside the instances and their own ports. */
  usage: Usage;
  /** A key of the catalogue's errors with its words; null: nothing stands in the way. */
  fault: { reason: string; name: string } | null;
};

/** Which address it is to be makes no difference, and half of one would be refused. */
function withoutAddresses(networks: LaunchNetworks): LaunchNetworks {
  if (networks === "none") return networks;
  return networks.map((one) => ("networkId" in one ? { ...one, address: null } : one));
}

/** What "reachable over SSH" would make with the form as it stands, asked again whenever that changes. */
export function useSshPath(projectId: string): SshPathPlan {
  const trpc = useTRPC();
  const { watch } = useFormContext<LaunchForm>();
  const values = watch();
  const { networks, securityGroupIds } = launchInputOf(values, projectId, []);
  const count = values.count > 0 ? Math.floor(values.count) : 1;
  const canSignIn = values.keyPairId !== "" || values.password !== "";
  const asked = { projectId, count, networks: withoutAddresses(networks), securityGroupIds, canSignIn };
  const query = useQuery(
    trpc.instance.sshPath.queryOptions(asked, {
      enabled: values.reachable,
      placeholderData: keepPreviousData,
    }),
  );
  const answer = (values.reachable && query.data) || null;
  if (!answer) return { answer, usage: {}, fault: null };
  if ("fault" in answer)
    return { answer, usage: {}, fault: { reason: answer.fault.fault, name: answer.fault.name } };
  return { answer, usage: answer.usage, fault: null };
}
