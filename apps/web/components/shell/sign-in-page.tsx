"use client";

import { useSearchParams } from "next/navigation";
import { useTranslations } from "next-intl";
import { safePath } from "../../lib/credentials.ts";
import { Mark } from "./mark.tsx";
import { PreferenceFields } from "./preferences.tsx";
import { SignInForm } from "./sign-in-form.tsx";

export function SignInPage() {
  const t = useTranslations("signIn");
  const params = useSearchParams();
  // A whole load: what an earlier session left in memory must go.
  const enter = () => location.assign(safePath(params.get("callbackUrl")));
  return (
    <div className="flex min-h-dvh flex-col">
      <main className="flex flex-1 items-center justify-center px-4 py-10">
        <div className="w-full max-w-90">
          <div className="mb-7 flex items-center gap-3">
            <Mark className="size-9" />
            <div>
              <h1 className="text-title font-semibold">{t("title")}</h1>
              <p className="text-table text-muted">{t("tagline")}</p>
            </div>
          </div>
          <SignInForm onSignedIn={enter} />
        </div>
      </main>
      <footer className="flex justify-center p-4">
        <PreferenceFields plain />
      </footer>
    </div>
  );
}
