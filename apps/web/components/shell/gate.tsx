"use client";

import { usePathname, useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { type ReactNode, useEffect } from "react";
import { AccountStream } from "../../lib/account-stream.tsx";
import { failureOf, isSignedOut } from "../../lib/failure.ts";
import { setSessionExpired } from "../../lib/session-expiry.ts";
import { MeContext, useMeQuery } from "../../lib/use-me.ts";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Skeleton, SkeletonLines } from "../ui/skeleton.tsx";
import { ConfirmIdentityDialog } from "./confirm-identity-dialog.tsx";
import { ReSignInDialog } from "./re-sign-in-dialog.tsx";

/** The one page that is open while a first password stands. */
const firstPasswordPath = "/change-password";

function ShellSkeleton() {
  const t = useTranslations("common");
  return (
    <div className="flex min-h-dvh flex-col">
      <div className="flex h-11 items-center gap-3 border-b bg-surface px-4">
        <Skeleton className="h-5 w-24" />
        <Skeleton className="ml-auto size-6 rounded-full" />
      </div>
      <main className="px-6 py-6">
        <SkeletonLines count={6} label={t("loading")} />
      </main>
    </div>
  );
}

/**
 * Lets in who is signed in; sends others to the sign-in page, which brings them back here. Without a session's cookie
 * (`mayBeSignedIn` false) nobody has to be asked.
 */
export function Gate({ mayBeSignedIn, children }: { mayBeSignedIn: boolean; children: ReactNode }) {
  const me = useMeQuery(mayBeSignedIn);
  const path = usePathname();
  const router = useRouter();
  const signedOut = !me.data && (!mayBeSignedIn || isSignedOut(me.error));
  useEffect(() => {
    if (!signedOut) return;
    setSessionExpired(false);
    router.replace(`/sign-in?callbackUrl=${encodeURIComponent(path + location.search)}`);
  }, [signedOut, path, router]);
  const locked = me.data?.user.mustChangePassword && path !== firstPasswordPath;
  useEffect(() => {
    if (!locked) return;
    router.replace(`${firstPasswordPath}?callbackUrl=${encodeURIComponent(path + location.search)}`);
  }, [locked, path, router]);
  if (locked) return <ShellSkeleton />;
  if (me.data) {
    return (
      <MeContext value={me.data}>
        <AccountStream />
        {children}
        <ConfirmIdentityDialog />
        <ReSignInDialog name={me.data.user.name} />
      </MeContext>
    );
  }
  if (!me.error || signedOut) return <ShellSkeleton />;
  return (
    <main className="mx-auto max-w-xl px-6 py-16">
      <FailureNotice failure={failureOf(me.error)} onRetry={() => me.refetch()} />
    </main>
  );
}
