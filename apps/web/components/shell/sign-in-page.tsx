"use client";

import { useSearchParams } from "next/navigation";
import { useTranslations } from "next-intl";
import { safePath } from "../../lib/credentials.ts";
import { QuietPage } from "./quiet-page.tsx";
import { SignInForm } from "./sign-in-form.tsx";

export function SignInPage() {
  const t = useTranslations("signIn");
  const params = useSearchParams();
  // A whole load: what an earlier session left in memory must go.
  const enter = () => location.assign(safePath(params.get("callbackUrl")));
  return (
    <QuietPage title={t("title")} about={t("tagline")}>
      <SignInForm onSignedIn={enter} />
    </QuietPage>
  );
}
