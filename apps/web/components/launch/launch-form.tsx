"use client";

import { zodResolver } from "@hookform/resolvers/zod";
import type { QuotaLine } from "@madang/core/quota/resource";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { FormProvider, useForm } from "react-hook-form";
import type {
  FlavorRow,
  ImageRow,
  KeyPairRow,
  NetworkRow,
  PortRow,
  SecurityGroupRow,
  SnapshotRow,
  VolumeRow,
  ZoneRow,
} from "../../lib/rows.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { Section } from "../ui/section.tsx";
import { AdvancedFields } from "./advanced-fields.tsx";
import { BootField } from "./boot-field.tsx";
import { DiskList } from "./disk-list.tsx";
import { type Draft, writeDraft } from "./draft.ts";
import { FlavorTable } from "./flavor-table.tsx";
import { type LaunchForm, launchFormOf } from "./form-schema.ts";
import { KeyPairField } from "./key-pair-field.tsx";
import { LaunchedPanel } from "./launched-panel.tsx";
import { NameFields } from "./name-fields.tsx";
import { NetworkField } from "./network-field.tsx";
import { PasswordField } from "./password-field.tsx";
import { PlaceNote } from "./place-note.tsx";
import { ReachableField } from "./reachable-field.tsx";
import { LaunchSummary } from "./summary.tsx";
import { useLaunch } from "./use-launch.ts";
import { ZoneField } from "./zone-field.tsx";

export type Choices = {
  images: ImageRow[];
  flavors: FlavorRow[];
  keyPairs: KeyPairRow[];
  lines: QuotaLine[];
  zones: ZoneRow[];
  /** Those that instances can be plugged into, and ports that nobody uses. */
  networks: NetworkRow[];
  ports: PortRow[];
  groups: SecurityGroupRow[];
  volumes: VolumeRow[];
  snapshots: SnapshotRow[];
  /** Of the cloud's usual volume type. */
  usualTypeId: string | null;
};
type LaunchFormViewProps = { projectId: string; userId: string; draft: Draft; choices: Choices };

/** Preselects what has only one sensible answer, where the draft says nothing. */
function withDefaults({ values }: Draft, choices: Choices): LaunchForm {
  const has = (rows: { id: string }[], id: string) => rows.some((row) => row.id === id);
  const onlyImage = choices.images.length === 1 ? (choices.images[0]?.id ?? "") : "";
  const onlyKey = choices.keyPairs.length === 1 ? (choices.keyPairs[0]?.id ?? "") : "";
  return {
    ...values,
    imageId: has(choices.images, values.imageId) ? values.imageId : onlyImage,
    boot: bootOf(values.boot, choices),
    disks: values.disks.map((disk) => {
      const rows = disk.kind === "volume" ? choices.volumes : choices.snapshots;
      return has(rows, disk.sourceId) ? disk : { ...disk, sourceId: "" };
    }),
    flavorId: has(choices.flavors, values.flavorId) ? values.flavorId : "",
    keyPairId: has(choices.keyPairs, values.keyPairId) ? values.keyPairId : onlyKey,
    availabilityZone: choices.zones.some(({ name }) => name === values.availabilityZone)
      ? values.availabilityZone
      : "",
    networks: networksOf(values.networks, choices),
  };
}

function bootOf(drafted: LaunchForm["boot"], { volumes, snapshots }: Choices): LaunchForm["boot"] {
  const volumeId = volumes.find(({ id }) => id === drafted.volumeId)?.id ?? "";
  const snapshotId = snapshots.find(({ id }) => id === drafted.snapshotId)?.id ?? "";
  return { ...drafted, volumeId, snapshotId };
}

/** What is still there of the draft's; else the project's own network, where there is exactly one. */
function networksOf(drafted: LaunchForm["networks"], { networks, ports }: Choices): LaunchForm["networks"] {
  const left = drafted.filter(({ kind, id }) =>
    (kind === "port" ? ports : networks).some((row) => row.id === id),
  );
  if (left.length > 0) return left;
  const own = networks.filter(({ projectId, subnets }) => projectId !== null && subnets.length > 0);
  const [only] = own;
  return only && own.length === 1 ? [{ kind: "network", id: only.id, address: "" }] : [];
}

export function LaunchFormView({ projectId, userId, draft, choices }: LaunchFormViewProps) {
  const t = useTranslations("launch");
  const [ids, setIds] = useState(draft.ids);
  const noNew = useRefusal("volume:create", projectId);
  const noAttach = useRefusal("volume:attach", projectId);
  const form = useForm<LaunchForm>({
    resolver: zodResolver(launchFormOf(choices)),
    defaultValues: withDefaults(draft, choices),
    mode: "onTouched",
  });
  const { launch, pending, failure, launched } = useLaunch({ projectId, userId, ids, setIds, form });
  useEffect(() => {
    const watching = form.subscribe({
      formState: { values: true },
      callback: ({ values }) => writeDraft(userId, projectId, { values, ids }),
    });
    return watching;
  }, [form, ids, projectId, userId]);
  if (launched) return <LaunchedPanel projectId={projectId} launched={launched} />;
  return (
    <FormProvider {...form}>
      <form
        noValidate
        onSubmit={form.handleSubmit(launch)}
        className="grid items-start gap-8 @4xl:grid-cols-[minmax(0,40rem)_minmax(17rem,22rem)]"
      >
        <div className="flex min-w-0 flex-col gap-8">
          <Section title={t("sections.name")}>
            <NameFields />
          </Section>
          <Section title={t("sections.boot")}>
            <BootField choices={choices} blocked={noNew ?? noAttach} />
          </Section>
          <Section title={t("sections.flavor")}>
            {choices.zones.length > 1 ? <ZoneField zones={choices.zones} /> : null}
            <FlavorTable projectId={projectId} choices={choices} />
          </Section>
          <Section title={t("sections.disks")} about={t("disks.about")}>
            <DiskList choices={choices} blocked={noNew ?? noAttach} />
            <PlaceNote choices={choices} />
          </Section>
          <Section title={t("sections.network")} about={t("networks.about")}>
            <NetworkField projectId={projectId} networks={choices.networks} ports={choices.ports} />
          </Section>
          <Section title={t("sections.access")} about={t("accessAbout")}>
            <KeyPairField projectId={projectId} keyPairs={choices.keyPairs} />
            <PasswordField />
            <ReachableField projectId={projectId} />
          </Section>
          <AdvancedFields />
        </div>
        <LaunchSummary projectId={projectId} choices={choices} pending={pending} failure={failure} />
      </form>
    </FormProvider>
  );
}
