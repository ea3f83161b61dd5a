"use client";

import { displayName } from "@madang/core/instance/launch";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Upload } from "lucide-react";
import { useTranslations } from "next-intl";
import { useRef, useState } from "react";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import { type Failure, failureOf } from "../../lib/failure.ts";
import type { KeyPairRow } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { QuotaArithmetic } from "../quota/quota-arithmetic.tsx";
import { QuotaBlock } from "../quota/quota-block.tsx";
import { keyPairsOnly, oneKeyPair, useRoom } from "../quota/use-room.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input, TextArea } from "../ui/input.tsx";

type ImportDialogProps = { projectId: string; onClose: () => void; onMade?: (keyPair: KeyPairRow) => void };

/** The comment at the end of a public key line makes a fair name. */
function nameFrom(publicKey: string): string {
  return publicKey.trim().split(/\s+/).slice(2).join(" ").slice(0, 60);
}

/** A public key pasted, or read from its .pub file. */
export function ImportDialog({ projectId, onClose, onMade }: ImportDialogProps) {
  const t: Translate = useTranslations();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [id] = useState(uuidV7);
  const [name, setName] = useState("");
  const [publicKey, setPublicKey] = useState("");
  const [faults, setFaults] = useState<{ name?: string; publicKey?: string }>({});
  const [failure, setFailure] = useState<Failure | null>(null);
  const { lines, blocked } = useRoom(projectId, oneKeyPair);
  const file = useRef<HTMLInputElement>(null);
  const mutation = useMutation(
    trpc.keyPair.import.mutationOptions({
      onSuccess: (keyPair) => {
        void queries.invalidateQueries({ queryKey: trpc.keyPair.pathKey() });
        void queries.invalidateQueries({ queryKey: trpc.project.quota.pathKey() });
        onMade?.(keyPair);
        onClose();
      },
      onError: (thrown) => {
        setFailure(failureOf(thrown));
        void queries.invalidateQueries({ queryKey: trpc.project.quota.pathKey() });
      },
    }),
  );
  const save = () => {
    const parsed = displayName.safeParse(name);
    const found = {
      name: parsed.success ? undefined : fieldText(t, parsed.error.issues[0]?.message),
      publicKey: publicKey.trim() ? undefined : t("validation.publicKeyRequired"),
    };
    setFaults(found);
    setFailure(null);
    if (blocked) return;
    if (parsed.success && !found.publicKey)
      mutation.mutate({ id, projectId, name: parsed.data, publicKey: publicKey.trim() });
  };
  const take = (text: string) => {
    setPublicKey(text);
    if (name === "") setName(nameFrom(text));
  };
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("keyPairs.importTitle")}
      about={t("keyPairs.importAbout")}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" blocked={blocked} disabled={mutation.isPending} onClick={save}>
            {t("keyPairs.import")}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.stopPropagation();
          event.preventDefault();
          save();
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        <Field label={t("keyPairs.publicKey")} error={faults.publicKey} help={t("keyPairs.publicKeyHelp")}>
          {(control) => (
            <TextArea
              {...control}
              rows={4}
              value={publicKey}
              spellCheck={false}
              placeholder="ssh-ed25519 AAAA… me@laptop"
              onChange={(event) => take(event.target.value)}
              className="font-mono text-label break-all"
            />
          )}
        </Field>
        <div className="-mt-2">
          <input
            ref={file}
            type="file"
            accept=".pub,text/plain"
            className="sr-only"
            tabIndex={-1}
            aria-label={t("keyPairs.file")}
            onChange={async (event) => take((await event.target.files?.[0]?.text()) ?? "")}
          />
          <Button size="small" onClick={() => file.current?.click()}>
            <Upload aria-hidden />
            {t("keyPairs.file")}
          </Button>
        </div>
        <Field label={t("fields.name")} error={faults.name}>
          {(control) => <Input {...control} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <QuotaArithmetic lines={lines} wanted={oneKeyPair} shown={keyPairsOnly} />
        <QuotaBlock projectId={projectId} lines={lines} wanted={oneKeyPair} />
      </form>
    </Dialog>
  );
}
