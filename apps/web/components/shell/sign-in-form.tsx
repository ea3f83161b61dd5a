"use client";

import { useTranslations } from "next-intl";
import { useEffect, useRef, useState } from "react";
import { type SignInResult, signIn } from "../../lib/credentials.ts";
import { CodeInput } from "../account/code-input.tsx";
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
  const [code, setCode] = useState<string | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [pending, setPending] = useState(false);
  const codeField = useRef<HTMLInputElement>(null);
  const asked = code !== null;
  useEffect(() => {
    if (asked) codeField.current?.focus();
  }, [asked]);
  /** Whoever types another name or password begins anew. */
  const retype = (set: (text: string) => void) => (text: string) => {
    setCode(null);
    set(text);
  };
  const submit = async () => {
    if (pending) return;
    setPending(true);
    setRefusal(null);
    const result = await signIn({ username: username.trim(), password, code: code ?? "" });
    if (result.ok) return onSignedIn();
    setPending(false);
    if (result.reason === "codeNeeded") return setCode("");
    setRefusal(result);
    if (result.reason === "codeWrong") setCode("");
    if (result.reason !== "wrong") return;
    setPassword("");
    setCode(null);
  };
  const missing = username.trim() === "" || password === "" || code?.trim() === "";
  const submitted = (event: { preventDefault: () => void }) => {
    event.preventDefault();
    if (!missing) void submit();
  };
  return (
    // Sent before our code runs, a password must not land in the address.
    <form method="post" className="flex flex-col gap-4" onSubmit={submitted}>
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
            onChange={(event) => retype(setUsername)(event.target.value)}
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
            onChange={(event) => retype(setPassword)(event.target.value)}
          />
        )}
      </Field>
      {asked ? (
        <Field label={t("code")} help={t("codeHelp")}>
          {(control) => <CodeInput {...control} ref={codeField} required value={code} onChange={setCode} />}
        </Field>
      ) : null}
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
