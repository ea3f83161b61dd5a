"use client";

import { propertiesText } from "@madang/core/hypervisor/property";
import { useTranslations } from "next-intl";
import { bytesText, sizeText } from "../../lib/amount.ts";
import type { InstanceDetail } from "../../lib/rows.ts";
import { ExactTime, Moment } from "../timeline/moment.tsx";
import { CopyableId, CopyButton } from "../ui/copyable.tsx";
import { Fact } from "../ui/fact.tsx";
import { Addresses } from "./addresses.tsx";
import { BootSource } from "./boot-source.tsx";

/** What an instance is made of. */
export function InstanceFacts({ instance, brief }: { instance: InstanceDetail; brief?: boolean }) {
  const t = useTranslations("facts");
  const none = <span className="text-muted">{t("none")}</span>;
  const hypervisor = instance.guest?.hypervisorName;
  const required = propertiesText(instance.requiredProperties);
  return (
    <dl>
      <Fact name={t("id")}>
        <CopyableId id={instance.id} what={t("id")} whole={!brief} />
      </Fact>
      <Fact name={t("flavor")}>
        {instance.flavorName} <span className="text-muted tabular-nums">{sizeText(instance)}</span>
      </Fact>
      <Fact name={t("image")}>
        <BootSource {...instance} />
      </Fact>
      <Fact name={t("zone")}>{instance.zone ?? instance.availabilityZone ?? t("anyZone")}</Fact>
      <Fact name={t("network")}>
        {instance.addresses.length === 0 ? t("noNetwork") : <Addresses addresses={instance.addresses} />}
      </Fact>
      <Fact name={t("hostname")}>
        <span className="inline-flex items-center gap-0.5">
          <code className="font-mono text-label">{instance.hostname}</code>
          <CopyButton text={instance.hostname} label={t("copyHostname")} />
        </span>
      </Fact>
      <Fact name={t("keyPair")}>{instance.keyName ?? none}</Fact>
      <Fact name={t("createdBy")}>{instance.userName}</Fact>
      <Fact name={t("created")}>
        {brief ? <Moment date={instance.createdAt} /> : <ExactTime date={instance.createdAt} />}
      </Fact>
      {brief ? null : (
        <>
          <Fact name={t("launched")}>
            {instance.launchedAt ? <ExactTime date={instance.launchedAt} /> : none}
          </Fact>
          {required ? (
            <Fact name={t("required")}>
              <code className="font-mono text-label break-words">{required}</code>
            </Fact>
          ) : null}
          <Fact name={t("powerState")}>
            <code className="font-mono text-label">{instance.powerState}</code>
          </Fact>
          <Fact name={t("password")}>{t(instance.hasPassword ? "passwordSet" : "passwordNone")}</Fact>
          <Fact name={t("userData")}>
            {instance.userDataBytes === null ? none : bytesText(instance.userDataBytes)}
          </Fact>
          <Fact name={t("machineType")}>
            {instance.machineType ? (
              <code className="font-mono text-label">{instance.machineType}</code>
            ) : (
              none
            )}
          </Fact>
          <Fact name={t("hardware")}>
            <HardwareWords hardware={instance.hardware} />
          </Fact>
          <Fact name={t("driver")}>
            {instance.driver ? <code className="font-mono text-label">{instance.driver}</code> : none}
          </Fact>
          {hypervisor ? <Fact name={t("hypervisor")}>{hypervisor}</Fact> : null}
          {instance.guest ? (
            <Fact name={t("guest")}>
              <CopyableId id={instance.guest.id} what={t("guest")} whole />
            </Fact>
          ) : null}
        </>
      )}
    </dl>
  );
}

/** In Glance's words, as the image said them. */
function HardwareWords({ hardware }: Pick<InstanceDetail, "hardware">) {
  const t = useTranslations("facts.parts");
  const parts = ["architecture", "firmware", "diskBus", "nicModel", "videoModel"] as const;
  return (
    <span className="flex flex-wrap gap-x-3">
      {parts.map((part) => (
        <span key={part} className="whitespace-nowrap">
          <span className="text-muted">{t(part)}</span>{" "}
          <code className="font-mono text-label">{hardware[part]}</code>
        </span>
      ))}
      {hardware.medium === "cdrom" ? <span>{t("cd")}</span> : null}
    </span>
  );
}
