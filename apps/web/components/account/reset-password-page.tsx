"use client";

import { useQuery } from "@tanstack/react-query";
import { useFormatter, useTranslations } from "next-intl";
import { useState, useSyncExternalStore } from "react";
import { failureOf } from "../../lib/failure.ts";
import { useTRPCClient } from "../../lib/trpc.ts";
import { QuietPage } from "../shell/quiet-page.tsx";
import { ButtonLink } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Notice } from "../ui/notice.tsx";
import { SkeletonLines } from "../ui/skeleton.tsx";
import { ResetPasswordForm } from "./reset-password-form.tsx";

function subscribe(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}

/** What follows the # never leaves the browser by itself, so it is in nobody's log. null until the browser reads it. */
function useToken(): string | null {
  const hash = useSyncExternalStore(
    subscribe,
    () => location.hash,
    () => null,
  );
  return hash === null ? null : (new URLSearchParams(hash.slice(1)).get("token") ?? "");
}

export function ResetPasswordPage() {
  const t = useTranslations("resetPassword");
  const token = useToken();
  const [done, setDone] = useState(false);
  const onDone = () => {
    // It is void now, and has no business in the history.
    history.replaceState(null, "", location.pathname);
    setDone(true);
  };
  return (
    <QuietPage title={t("title")} about={t("tagline")}>
      {done ? <Done /> : <Redeem key={token} token={token} onDone={onDone} />}
    </QuietPage>
  );
}

function Done() {
  const t = useTranslations("resetPassword");
  return (
    <div className="flex flex-col gap-4">
      <Notice live title={t("done")}>
        {t("doneAbout")}
      </Notice>
      <ButtonLink href="/sign-in" prefetch={false} tone="primary" className="h-9">
        {t("signIn")}
      </ButtonLink>
    </div>
  );
}

function Redeem({ token, onDone }: { token: string | null; onDone: () => void }) {
  const t = useTranslations("resetPassword");
  const format = useFormatter();
  const client = useTRPCClient();
  const link = useQuery({
    queryKey: ["passwordReset", token],
    queryFn: () => client.account.passwordReset.look.mutate({ token: token ?? "" }),
    enabled: token !== null && token !== "",
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (token === "") return <Notice tone="error" title={t("noToken")} />;
  if (link.isError) {
    const failure = failureOf(link.error);
    const again = failure.error.retry === "later" ? { onRetry: () => void link.refetch() } : {};
    return <FailureNotice failure={failure} {...again} />;
  }
  if (!link.data || token === null) return <SkeletonLines count={4} label={t("looking")} />;
  const { name, expiresAt } = link.data;
  const until = format.dateTime(expiresAt, { dateStyle: "medium", timeStyle: "short" });
  return (
    <div className="flex flex-col gap-4">
      <p className="text-table">{t("about", { name, until })}</p>
      <ResetPasswordForm token={token} name={name} onDone={onDone} />
    </div>
  );
}
