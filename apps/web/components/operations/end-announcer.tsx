"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { toast } from "sonner";
import { errorText, type Translate } from "../../lib/error-text.ts";
import { openDrawer, openOperation } from "../../lib/operation-drawer.ts";
import { useMe } from "../../lib/use-me.ts";
import { useEnded } from "./use-ended.ts";
import type { Scope, ShownOperation } from "./use-operations.ts";
import { endWords } from "./words.ts";

/** More at once are counted instead of named. */
const namedAtOnce = 3;

/** Says once how long work ended, to whoever listens to the page; of one's own that failed, also to the eye. */
export function EndAnnouncer({ scope }: { scope: Scope }) {
  const t: Translate = useTranslations();
  const { user } = useMe();
  const [said, setSaid] = useState("");
  const tellFailed = (failed: ShownOperation[]) => {
    const [first] = failed;
    if (!first) return;
    if (failed.length > 1) {
      const show = { label: t("operations.show"), onClick: openDrawer };
      return toast.error(t("operations.manyFailed", { count: failed.length }), { action: show });
    }
    const show = { label: t("operations.show"), onClick: () => openOperation(first.id) };
    const description = first.error ? errorText(t, first.error) : undefined;
    toast.error(endWords(t, first), { id: first.id, description, action: show, duration: 12_000 });
  };
  useEnded(scope, (ended) => {
    const failed = ended.filter(({ state }) => state === "failed");
    setSaid(
      ended.length > namedAtOnce
        ? t("operations.manyEnded", { count: ended.length, failed: failed.length })
        : ended.map((one) => endWords(t, one)).join(" "),
    );
    tellFailed(failed.filter(({ actorId }) => actorId === user.id));
  });
  return (
    <p role="status" data-operations-said className="sr-only">
      {said}
    </p>
  );
}
