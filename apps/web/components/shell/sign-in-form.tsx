"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { type SignInResult, signIn } from "../../lib/credentials.ts";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Input, PasswordInput } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";

type Refusal = Extract<SignInResult, { ok: false }>;

/** `name` fixes who signs in, where a session only has to be renewed. */
export function SignInForm({ name, onSignedIn }: { name?: string; onSignedIn: () => void }) {
  const t = useTranslations("signIn");
  const [username, setUsername] = useState(name ?? "");
  const [password, setPassword] = useState("");
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [pending, setPending] = useState(false);
  const submit = async () => {
    if (pending) return;
    setPending(true);
    setRefusal(null);
    const result = await signIn(username.trim(), password);
    if (result.ok) return onSignedIn();
    setPending(false);
    setPassword("");
    setRefusal(result);
  };
  const missing = username.trim() === "" || password === "" ? t("fillBoth") : null;
  return (
    <form
      // Sent before our code runs, a password must not land in the address.
      method="post"
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!missing) void submit();
      }}
    >
      {refusal ? (
        <Notice tone="error" live>
          {refusalWords(t, refusal)}
        </Notice>
      ) : null}
      <Field label={t("username")}>
        {(control) => (
          <Input
            {...control}
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            readOnly={name !== undefined}
            tabIndex={name === undefined ? 0 : -1}
            value={username}
            onChange={(event) => setUsername(event.target.value)}
          />
        )}
      </Field>
      <Field label={t("password")}>
        {(control) => (
          <PasswordInput
            {...control}
            name="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      <Button type="submit" tone="primary" disabled={pending} className="mt-1 h-9">
        {t(pending ? "signingIn" : "signIn")}
      </Button>
    </form>
  );
}

function refusalWords(t: ReturnType<typeof useTranslations<"signIn">>, refusal: Refusal): string {
  if (refusal.reason !== "throttled") return t(refusal.reason);
  if (!refusal.retryAfterSeconds) return t("throttled");
  return t("throttledFor", { minutes: Math.ceil(refusal.retryAfterSeconds / 60) });
}
