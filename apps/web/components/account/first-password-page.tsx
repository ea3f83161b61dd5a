"use client";

import { useRouter, useSearchParams } from "next/navigation";
import { useTranslations } from "next-intl";
import { useEffect } from "react";
import { leave, safePath } from "../../lib/credentials.ts";
import { useMe } from "../../lib/use-me.ts";
import { QuietPage } from "../shell/quiet-page.tsx";
import { Button } from "../ui/button.tsx";
import { PasswordForm } from "./password-form.tsx";

/** All that is open while a first password stands; afterwards one is where one wanted to go. */
export function FirstPasswordPage() {
  const t = useTranslations();
  const { user } = useMe();
  const router = useRouter();
  const wanted = safePath(useSearchParams().get("callbackUrl"));
  useEffect(() => {
    if (!user.mustChangePassword) router.replace(wanted);
  }, [user.mustChangePassword, router, wanted]);
  return (
    <QuietPage title={t("account.firstTitle")} about={t("account.mustChange")}>
      <PasswordForm />
      <p className="mt-6 border-t pt-4 text-label text-muted">
        {t("account.signedInAs", { name: user.name })}
        <Button tone="quiet" size="small" className="ml-2" onClick={leave}>
          {t("nav.signOut")}
        </Button>
      </p>
    </QuietPage>
  );
}
