"use client";

import { displayName } from "@madang/core/instance/launch";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { KeyPairRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { useMe } from "../../lib/use-me.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { QuotaArithmetic } from "../quota/quota-arithmetic.tsx";
import { QuotaBlock } from "../quota/quota-block.tsx";
import { keyPairsOnly, oneKeyPair, useRoom } from "../quota/use-room.ts";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copyable.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";
import { saveFile } from "../ui/save-file.ts";
import { Segments } from "../ui/segments.tsx";

type GenerateDialogProps = { projectId: string; onClose: () => void; onMade?: (keyPair: KeyPairRow) => void };
type Made = { name: string; privateKey: string };

/** Of today, so that it is rarely taken. */
function suggestedName(user: string): string {
  return `${user}-${new Date().toISOString().slice(0, 10)}`;
}

/** A key pair made for the user; its private half is shown once and kept nowhere. */
export function GenerateDialog({ projectId, onClose, onMade }: GenerateDialogProps) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [id] = useState(uuidV7);
  const me = useMe();
  const [name, setName] = useState(() => suggestedName(me.user.name));
  const [type, setType] = useState<"ed25519" | "rsa">("ed25519");
  const [fault, setFault] = useState<string>();
  const [failure, setFailure] = useState<Failure | null>(null);
  const { lines, blocked } = useRoom(projectId, oneKeyPair);
  const [made, setMade] = useState<Made | null>(null);
  const mutation = useMutation(
    trpc.keyPair.generate.mutationOptions({
      onSuccess: ({ privateKey, ...keyPair }) => {
        void queries.invalidateQueries({ queryKey: trpc.keyPair.pathKey() });
        void queries.invalidateQueries({ queryKey: trpc.project.quota.pathKey() });
        onMade?.(keyPair);
        setMade({ name: keyPair.name, privateKey });
      },
      onError: (thrown) => {
        setFailure(failureOf(thrown));
        void queries.invalidateQueries({ queryKey: trpc.project.quota.pathKey() });
      },
    }),
  );
  if (made) return <PrivateKeyDialog made={made} onClose={onClose} />;
  const save = () => {
    const parsed = displayName.safeParse(name);
    setFailure(null);
    if (blocked) return;
    if (!parsed.success) return setFault(fieldText(t, parsed.error.issues[0]?.message));
    mutation.mutate({ id, projectId, name: parsed.data, type });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("keyPairs.generateTitle")}
      about={t("keyPairs.generateAbout")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" blocked={blocked} disabled={mutation.isPending} onClick={save}>
            {t("keyPairs.generate")}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          // The launch form that this dialog may stand in must not hear of it.
          event.stopPropagation();
          event.preventDefault();
          save();
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        <Field label={t("fields.name")} error={fault}>
          {(control) => (
            <Input
              {...control}
              value={name}
              onChange={(event) => {
                setName(event.target.value);
                setFault(undefined);
              }}
            />
          )}
        </Field>
        <Segments
          label={t("keyPairs.type")}
          value={type}
          onChange={(value) => setType(value === "rsa" ? "rsa" : "ed25519")}
          options={[
            { value: "ed25519", label: "ED25519" },
            { value: "rsa", label: "RSA" },
          ]}
        />
        <QuotaArithmetic lines={lines} wanted={oneKeyPair} shown={keyPairsOnly} />
        <QuotaBlock projectId={projectId} lines={lines} wanted={oneKeyPair} />
      </form>
    </Dialog>
  );
}

function PrivateKeyDialog({ made, onClose }: { made: Made; onClose: () => void }) {
  const t = useTranslations("keyPairs");
  return (
    <Dialog
      open
      wide
      insistent
      onOpenChange={() => undefined}
      title={t("privateTitle")}
      footer={
        <>
          <Button
            tone="primary"
            onClick={() => {
              saveFile(`${made.name.replace(/[^\p{L}\p{N}._-]+/gu, "_")}.pem`, made.privateKey);
              onClose();
            }}
          >
            <Download aria-hidden />
            {t("download")}
          </Button>
          <Button onClick={onClose}>{t("kept")}</Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <Notice tone="warning">{t("privateAbout")}</Notice>
        <div className="relative">
          <pre
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
            tabIndex={0}
            className="max-h-56 overflow-auto rounded-control border bg-sunken p-3 pr-10 font-mono text-label"
          >
            {made.privateKey}
          </pre>
          <span className="absolute top-1.5 right-1.5">
            <CopyButton text={made.privateKey} label={t("copyPrivate")} />
          </span>
        </div>
      </div>
    </Dialog>
  );
}
