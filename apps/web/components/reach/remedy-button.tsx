"use client";

import { Wrench } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { InstanceDetail } from "../../lib/rows.ts";
import { usePermission } from "../../lib/use-permission.ts";
import { InstanceGroupsDialog } from "../security-group/instance-groups-dialog.tsx";
import { Button, ButtonLink } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { type Remedy, useMend } from "./use-mend.ts";

type RemedyButtonProps = { projectId: string; instance: InstanceDetail; remedy: Remedy };

/** Who may do what each remedy does. */
const needed = {
  startInstance: "instance:power",
  attachInterface: "instance:update",
  addRouterInterface: "router:update",
  createRouter: "router:create",
  setGateway: "router:update",
  associateFloatingIp: "floating_ip:update",
  allocateFloatingIp: "floating_ip:create",
  addRule: "security_group:update",
  setSecurityGroups: "instance:update",
  openConsole: "instance:console",
} as const satisfies Record<Remedy["kind"], string>;

export function RemedyButton({ projectId, instance, remedy }: RemedyButtonProps) {
  const t = useTranslations("reach");
  const tReasons = useTranslations("reasons");
  const blocked = usePermission(needed[remedy.kind], projectId) ? null : tReasons("notPermitted");
  const [choosing, setChoosing] = useState(false);
  const { mend, pending, failure } = useMend(projectId, instance.id);
  const base = `/p/${projectId}/instances/${instance.id}`;
  if (remedy.kind === "openConsole" && !blocked)
    return <Elsewhere href={`${base}?tab=console`} words={t("remedies.openConsole")} />;
  if (remedy.kind === "attachInterface" && !blocked)
    return <Elsewhere href={`${base}?tab=network`} words={t("remedies.attachInterface")} />;
  const act = () => (remedy.kind === "setSecurityGroups" ? setChoosing(true) : mend(remedy));
  return (
    <>
      {failure ? <FailureNotice failure={failure} /> : null}
      <Button
        tone={remedy.kind === "openConsole" ? "plain" : "primary"}
        className="h-auto min-h-8 self-start py-1 whitespace-normal"
        blocked={blocked}
        disabled={pending}
        onClick={act}
      >
        <Wrench aria-hidden />
        {t(`remedies.${remedy.kind}`, wordsOf(remedy))}
      </Button>
      {choosing ? (
        <InstanceGroupsDialog
          projectId={projectId}
          instanceId={instance.id}
          name={instance.name}
          onClose={() => setChoosing(false)}
        />
      ) : null}
    </>
  );
}

function Elsewhere({ href, words }: { href: string; words: string }) {
  return (
    <ButtonLink href={href} className="self-start">
      {words}
    </ButtonLink>
  );
}

function wordsOf(remedy: Remedy): { name: string; address: string; preset: string } {
  const words = { name: "", address: "", preset: "" };
  if (remedy.kind === "addRule") return { ...words, name: remedy.securityGroupName, preset: remedy.preset };
  if (remedy.kind === "associateFloatingIp") return { ...words, address: remedy.address };
  if (remedy.kind === "addRouterInterface" || remedy.kind === "setGateway")
    return { ...words, name: remedy.routerName };
  return words;
}
