"use client";

import { Download } from "lucide-react";
import { useTranslations } from "next-intl";
import { type CredentialSecret, cloudsYaml, dotenv, openrc } from "../../lib/credential-files.ts";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copyable.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Notice } from "../ui/notice.tsx";
import { saveFile } from "../ui/save-file.ts";

const files = [
  { name: "clouds.yaml", textOf: cloudsYaml },
  { name: "openrc.sh", textOf: openrc },
  { name: ".env", textOf: dotenv },
];

/** The secret, this once: to copy, or in a file. */
export function SecretDialog({ credential, onClose }: { credential: CredentialSecret; onClose: () => void }) {
  const t = useTranslations("apiAccess");
  const lines = [
    { label: t("secretId"), text: credential.id },
    { label: t("secret"), text: credential.secret },
    { label: t("bearer"), text: credential.bearer },
  ];
  return (
    <Dialog
      open
      wide
      insistent
      onOpenChange={() => undefined}
      title={t("madeTitle", { name: credential.name })}
      footer={<Button onClick={onClose}>{t("kept")}</Button>}
    >
      <div className="flex flex-col gap-4">
        <Notice tone="warning" live>
          {t("madeAbout")}
        </Notice>
        <div className="flex flex-col gap-2">
          <div className="flex flex-wrap gap-2">
            {files.map(({ name, textOf }, index) => (
              <span key={name} className="inline-flex items-center gap-1">
                <Button
                  tone={index === 0 ? "primary" : "plain"}
                  autoFocus={index === 0}
                  onClick={() => saveFile(name, textOf(credential))}
                >
                  <Download aria-hidden />
                  {name}
                </Button>
                <CopyButton text={textOf(credential)} label={t("copyFile", { name })} />
              </span>
            ))}
          </div>
          <p className="text-label text-muted">{t("filesAbout")}</p>
        </div>
        <dl className="flex flex-col gap-3">
          {lines.map(({ label, text }) => (
            <div key={label} className="flex flex-col gap-1">
              <dt className="text-label font-medium text-muted">{label}</dt>
              <dd className="flex items-start gap-1 rounded-control border bg-sunken px-2.5 py-1.5">
                <code className="min-w-0 flex-1 font-mono text-label break-all">{text}</code>
                <CopyButton text={text} label={t("copyThe", { what: label })} />
              </dd>
            </div>
          ))}
        </dl>
      </div>
    </Dialog>
  );
}
