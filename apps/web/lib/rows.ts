/** What the API answers, by the names that pages use. */
import type { AppRouter } from "@madang/api";
import type { inferRouterOutputs } from "@trpc/server";

type Outputs = inferRouterOutputs<AppRouter>;

export type Me = Outputs["account"]["me"];
export type SessionRow = Outputs["account"]["sessions"]["list"]["items"][number];
export type InstanceRow = Outputs["instance"]["list"]["items"][number];
export type InstanceDetail = Outputs["instance"]["get"];
export type ImageRow = Outputs["image"]["list"]["items"][number];
export type FlavorRow = Outputs["flavor"]["list"]["items"][number];
export type KeyPairRow = Outputs["keyPair"]["list"]["items"][number];
export type CredentialRow = Outputs["credential"]["list"]["items"][number];
export type MadeCredential = Outputs["credential"]["create"];
export type CallableRow = Outputs["credential"]["callable"]["items"][number];
export type OperationRow = Outputs["operation"]["list"]["items"][number];
export type QuotaRequestRow = Outputs["quotaRequest"]["list"]["items"][number];
export type UsagePoint = Outputs["project"]["usage"]["points"][number];
export type EventRow = Outputs["event"]["list"]["items"][number];
export type ZoneRow = Outputs["zone"]["list"]["items"][number];
export type AggregateRow = Outputs["admin"]["aggregate"]["list"]["items"][number];
export type UserRow = Outputs["admin"]["user"]["list"]["items"][number];
export type UserDetail = Outputs["admin"]["user"]["get"];
export type GroupRow = Outputs["admin"]["group"]["list"]["items"][number];
export type GroupDetail = Outputs["admin"]["group"]["get"];
export type MemberRow = Outputs["member"]["list"]["items"][number];
export type FlavorMisfitRow = Outputs["flavor"]["misfits"][number];
export type HypervisorRow = Outputs["admin"]["hypervisor"]["list"]["items"][number];
export type OrphanRow = HypervisorRow["orphans"][number];
