"use client";

import { useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { setSessionExpired, useSessionExpired } from "../../lib/session-expiry.ts";
import { renewSocket } from "../../lib/trpc.ts";
import { Dialog } from "../ui/dialog.tsx";
import { SignInForm } from "./sign-in-form.tsx";

/** The session ended while working: sign in here, and everything on the page stays as it was. */
export function ReSignInDialog({ name }: { name: string }) {
  const t = useTranslations("signIn");
  const queries = useQueryClient();
  const expired = useSessionExpired();
  const [round, setRound] = useState(0);
  const onSignedIn = () => {
    renewSocket();
    setSessionExpired(false);
    setRound(round + 1);
    void queries.invalidateQueries();
  };
  return (
    <Dialog
      open={expired}
      onOpenChange={() => undefined}
      insistent
      title={t("expiredTitle")}
      about={t("expiredAbout")}
    >
      <SignInForm key={round} name={name} onSignedIn={onSignedIn} />
      <p className="mt-4 text-label">
        <Link
          href="/sign-in"
          prefetch={false}
          className="text-accent underline"
          onClick={() => setSessionExpired(false)}
        >
          {t("asSomeoneElse")}
        </Link>
      </p>
    </Dialog>
  );
}
