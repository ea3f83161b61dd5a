"use client";

import { useTranslations } from "next-intl";
import { useEffect, useRef, useState } from "react";
import { z } from "zod";
import { useStored } from "../../lib/use-stored.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { PasswordInput, Select, TextArea } from "../ui/input.tsx";
import { Toggle } from "../ui/toggle.tsx";
import { layoutNames } from "./keyboard/layout.ts";
import { type Sending, sendSlowly } from "./send-slowly.ts";
import { longestText, type TypeTarget } from "./type-text.ts";

const layoutName = z.enum(["us", "gb", "de", "fr", "kr", "jp"]);
/** How much longer the pauses are for a guest that is busy. */
const slowness = 5;
const shownCharacters = 12;

type Props = { target: TypeTarget; onClose: () => void };
type Progress = { done: number; total: number; ending: "sent" | "cancelled" | "cut" | null };

/** Writes a longer text for the guest, which no browser can paste into a screen. */
export function TypeTextDialog({ target, onClose }: Props) {
  const t = useTranslations("console.typeText");
  const tCommon = useTranslations("common");
  const [text, setText] = useState("");
  const [secret, setSecret] = useState(false);
  const [enter, setEnter] = useState(false);
  const [slow, setSlow] = useState(false);
  const [stored, setLayout] = useStored("console-layout", layoutName);
  const layout = stored ?? "us";
  const [progress, setProgress] = useState<Progress | null>(null);
  const sending = useRef<Sending | null>(null);
  useEffect(() => () => sending.current?.cancel(), []);

  const missing = target.unmappable?.(text, layout) ?? [];
  const fault = faultOf(text, missing, t);
  const busy = progress !== null && progress.ending === null;
  const send = async () => {
    const parts = target.parts(enter ? `${text}\n` : text, layout);
    setProgress({ done: 0, total: parts.length, ending: null });
    const pause = target.pauseMs * (slow ? slowness : 1);
    const now = sendSlowly(
      parts,
      (part) => part(),
      pause,
      (done) => setProgress({ done, total: parts.length, ending: null }),
    );
    sending.current = now;
    const ending = await now.ended;
    if (ending === "sent") return onClose();
    setProgress({ done: now.done(), total: parts.length, ending });
  };
  return (
    <Dialog
      open
      insistent={busy}
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("title")}
      about={t(target.unmappable ? "aboutGraphic" : "aboutSerial")}
      footer={
        busy ? (
          <Button onClick={() => sending.current?.cancel()}>{t("stop")}</Button>
        ) : (
          <>
            <Button onClick={onClose}>{tCommon("cancel")}</Button>
            <Button tone="primary" blocked={text === "" ? t("empty") : (fault ?? null)} onClick={send}>
              {t("send")}
            </Button>
          </>
        )
      }
    >
      <div className="flex flex-col gap-4">
        <Field label={t("text")} error={fault}>
          {(control) =>
            secret ? (
              <PasswordInput
                {...control}
                autoComplete="off"
                value={text}
                disabled={busy}
                onChange={(event) => setText(event.target.value)}
              />
            ) : (
              <TextArea
                {...control}
                spellCheck={false}
                className="font-mono"
                rows={5}
                value={text}
                disabled={busy}
                onChange={(event) => setText(event.target.value)}
              />
            )
          }
        </Field>
        {target.unmappable ? (
          <Field label={t("layout")}>
            {(control) => (
              <Select
                {...control}
                value={layout}
                disabled={busy}
                onChange={(event) => setLayout(layoutName.catch("us").parse(event.target.value))}
              >
                {layoutNames.map((name) => (
                  <option key={name} value={name}>
                    {t(`layouts.${name}`)}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        ) : null}
        <Toggle label={t("enter")} checked={enter} onChange={setEnter} disabled={busy} />
        <Toggle
          label={t("secret")}
          checked={secret}
          disabled={busy}
          onChange={(hidden) => {
            setSecret(hidden);
            if (hidden) setText(text.split(/\r?\n/)[0] ?? "");
          }}
        />
        <Toggle label={t("slow")} checked={slow} onChange={setSlow} disabled={busy} />
        {progress ? (
          <div>
            <progress
              className="w-full accent-accent"
              max={progress.total}
              value={progress.done}
              aria-label={t("title")}
            />
            <p role="status" className="text-label text-muted tabular-nums">
              {t("progress", { done: progress.done, total: progress.total })}
              {progress.ending === "cut" ? ` · ${t("cut")}` : ""}
            </p>
          </div>
        ) : null}
      </div>
    </Dialog>
  );
}

type Words = ReturnType<typeof useTranslations<"console.typeText">>;

function faultOf(text: string, missing: readonly string[], t: Words): string | undefined {
  if (text.length > longestText) return t("tooLong", { limit: longestText });
  if (missing.length === 0) return undefined;
  const more = missing.length > shownCharacters ? " …" : "";
  return t("unmappable", { characters: missing.slice(0, shownCharacters).join(" ") + more });
}
