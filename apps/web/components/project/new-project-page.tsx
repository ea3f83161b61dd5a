"use client";

import { displayName } from "@madang/core/instance/launch";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { amountText } from "../../lib/amount.ts";
import { errorText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { resourceWords } from "../../lib/resource-words.ts";
import type { QuotaDefaultRow, QuotaTemplateRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { limitsOf } from "../quota/limit-draft.ts";
import { Page } from "../shell/page.tsx";
import { Button } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Section } from "../ui/section.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { MemberPicker, type PickedMember } from "./member-picker.tsx";
import { NameFields } from "./name-fields.tsx";
import { choiceRows, otherwiseOf, QuotaChoice, type QuotaWish } from "./quota-choice.tsx";

const templatesShown = 500;
type Policy = { templates: QuotaTemplateRow[]; defaults: QuotaDefaultRow[] };

/** Onboarding a team in one form: name, quota, first members. */
export function NewProjectPage() {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const templates = useQuery(trpc.admin.quota.templates.queryOptions({ limit: templatesShown }));
  const defaults = useQuery(trpc.admin.quota.defaults.queryOptions());
  const failed = [templates, defaults].find((query) => query.isError);
  const policy = templates.data &&
    defaults.data && { templates: templates.data.items, defaults: defaults.data.defaults };
  return (
    <Page title={t("admin.projects.form.title")} about={t("admin.projects.form.about")}>
      {failed ? <FailureNotice failure={failureOf(failed.error)} onRetry={() => failed.refetch()} /> : null}
      {policy ? <ProjectForm policy={policy} /> : null}
      {policy || failed ? null : <SkeletonLines count={8} label={t("common.loading")} />}
    </Page>
  );
}

function useCreate(onFailed: (failure: Failure) => void) {
  const t = useTranslations("admin.projects");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const [id] = useState(uuidV7);
  const create = useMutation(
    trpc.admin.project.create.mutationOptions({
      onSuccess: (_, { name }) => {
        toast.success(t("createdToast", { name }));
        void queries.invalidateQueries({ queryKey: trpc.account.me.pathKey() });
        void queries.invalidateQueries({ queryKey: trpc.admin.project.pathKey() });
        router.push(`/admin/projects/${id}`);
      },
      onError: (thrown) => onFailed(failureOf(thrown)),
    }),
  );
  return { id, create };
}

function ProjectForm({ policy }: { policy: Policy }) {
  const t: Translate = useTranslations();
  const [{ name, description }, setNamed] = useState({ name: "", description: "" });
  const [wish, setWish] = useState<QuotaWish>({ templateId: "", drafts: {}, types: {} });
  const [members, setMembers] = useState<PickedMember[]>([]);
  const [nameFault, setNameFault] = useState<string>();
  const [failure, setFailure] = useState<Failure | null>(null);
  const { id, create } = useCreate(setFailure);
  const limits = limitsOf(wish.drafts);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const named = displayName.safeParse(name);
    setNameFault(named.success ? undefined : named.error.issues[0]?.message);
    setFailure(null);
    if (!named.success || !limits) return;
    const picked = members.map(({ kind, id: memberId, role }) => ({ kind, id: memberId, role }));
    const fields = { name: named.data, description, limits, members: picked };
    create.mutate({ id, ...fields, templateId: wish.templateId || null });
  };
  const taken = failure?.error.field === "name" ? errorText(t, failure.error) : undefined;
  return (
    <form
      noValidate
      onSubmit={submit}
      className="grid items-start gap-8 @4xl:grid-cols-[minmax(0,40rem)_minmax(17rem,22rem)]"
    >
      <div className="flex min-w-0 flex-col gap-8">
        <Section title={t("admin.projects.form.basics")}>
          <NameFields
            named={{ name, description }}
            fault={nameFault}
            refused={taken}
            onChange={(typed) => setNamed((before) => ({ ...before, ...typed }))}
          />
        </Section>
        <Section title={t("admin.projects.form.quota")} about={t("admin.projects.form.quotaAbout")}>
          <QuotaChoice {...policy} wish={wish} onChange={setWish} />
        </Section>
        <Section title={t("admin.projects.form.members")} about={t("admin.projects.form.membersAbout")}>
          <MemberPicker picked={members} onChange={setMembers} />
        </Section>
      </div>
      <Summary
        policy={policy}
        wish={wish}
        members={members.length}
        failure={taken ? null : failure}
        pending={create.isPending}
      />
    </form>
  );
}

type SummaryProps = {
  policy: Policy;
  wish: QuotaWish;
  members: number;
  failure: Failure | null;
  pending: boolean;
};

function Summary({ policy, wish, members, failure, pending }: SummaryProps) {
  const t: Translate = useTranslations();
  const router = useRouter();
  const allowed = usePermission("project:manage", null);
  const limits = limitsOf(wish.drafts);
  const otherwise = otherwiseOf({ ...policy, wish });
  const notPermitted = allowed ? null : t("reasons.notPermitted");
  const blocked = limits ? notPermitted : t("admin.limits.invalid");
  return (
    <aside
      aria-label={t("admin.projects.form.summary")}
      className="flex flex-col gap-4 rounded-surface border bg-surface p-4 @4xl:sticky @4xl:top-16"
    >
      <h2 className="text-body font-semibold">{t("admin.projects.form.summary")}</h2>
      <dl className="grid grid-cols-[1fr_max-content] gap-x-4 gap-y-1 text-table tabular-nums [&_dt]:text-muted">
        {choiceRows({ ...policy, wish }).map(({ resource, typeName }) => (
          <div key={resource} className="contents">
            <dt>{resourceWords(t, resource, typeName)}</dt>
            <dd className="text-right">
              {amountText(t, resource, limits?.[resource] ?? otherwise(resource))}
            </dd>
          </div>
        ))}
      </dl>
      <p className="text-table text-muted">{t("admin.projects.form.summaryMembers", { count: members })}</p>
      {failure ? <FailureNotice failure={failure} /> : null}
      <div className="flex flex-col gap-2">
        <Button type="submit" tone="primary" className="h-9 w-full" blocked={blocked} disabled={pending}>
          {t("admin.projects.create")}
        </Button>
        <Button className="w-full" onClick={() => router.push("/admin/projects")}>
          {t("admin.projects.form.cancel")}
        </Button>
      </div>
    </aside>
  );
}
