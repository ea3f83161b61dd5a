"use client";

import { displayName } from "@madang/core/instance/launch";
import { volumeUsage } from "@madang/core/quota/type-resource";
import { bytesPerGib } from "@madang/core/volume/status";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import type { VolumeTypeChoice } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { uuidV7 } from "../../lib/uuid-v7.ts";
import { QuotaArithmetic } from "../quota/quota-arithmetic.tsx";
import { QuotaBlock } from "../quota/quota-block.tsx";
import { useRoom } from "../quota/use-room.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";
import { sizeOf } from "./size-draft.ts";
import { SizeField } from "./size-field.tsx";
import { choiceLimit, useVolumeTypes } from "./use-volume-types.ts";
import { useVolumeChange } from "./use-volumes.ts";

const shown = ["volumes", "gigabytes"] as const;
const sources = ["blank", "image", "volume", "snapshot"] as const;
type SourceKind = (typeof sources)[number];
export type FixedSource = {
  kind: "volume" | "snapshot";
  id: string;
  name: string;
  gib: number;
  typeId: string;
};

type CreateDialogProps = {
  projectId: string;
  /** What it is a copy of; left out: it is chosen here. */
  of?: FixedSource;
  onClose: () => void;
};

/** A new volume: empty, or filled with what an image, a volume or a snapshot holds. */
export function CreateDialog({ projectId, of, onClose }: CreateDialogProps) {
  const t: Translate = useTranslations();
  const formId = useId();
  const [id] = useState(uuidV7);
  const [name, setName] = useState("");
  const [kind, setKind] = useState<SourceKind>(of?.kind ?? "blank");
  const [sourceId, setSourceId] = useState(of?.id ?? "");
  const [size, setSize] = useState(of ? String(of.gib) : "10");
  const [typeId, setTypeId] = useState("");
  const [tried, setTried] = useState(false);
  const choices = useChoices(projectId, of ? "blank" : kind);
  const least = of?.gib ?? choices.find((one) => one.id === sourceId)?.gib ?? 1;
  const gib = sizeOf(size);
  const { types, usual } = useVolumeTypes(projectId);
  const sourceType = of?.typeId ?? choices.find((one) => one.id === sourceId)?.typeId;
  const type = typeId || sourceType || usual?.id;
  const amounts = { volumes: 1, gigabytes: gib ?? 0 };
  const wanted = type ? volumeUsage(type, amounts) : amounts;
  const { lines, blocked } = useRoom(projectId, wanted);
  const { failure, options } = useVolumeChange(onClose);
  const create = useMutation(useTRPC().volume.create.mutationOptions(options));
  const faults = {
    name: displayName.safeParse(name).error?.issues[0]?.message,
    source: kind !== "blank" && sourceId === "",
    size: gib === null || gib < least,
  };
  const submit = () => {
    setTried(true);
    if (blocked || faults.name || faults.source || faults.size) return;
    const volumeTypeId = typeId || null;
    create.mutate({ projectId, id, name, sizeGib: gib, volumeTypeId, source: sourceOf(kind, sourceId) });
  };
  const choose = (next: string) => {
    setSourceId(next);
    const found = choices.find((one) => one.id === next);
    if (found && (gib ?? 0) < found.gib) setSize(String(found.gib));
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t(of ? "volumes.copyTitle" : "volumes.createTitle", { name: of?.name ?? "" })}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" type="submit" form={formId} blocked={blocked} disabled={create.isPending}>
            {t("volumes.createVerb")}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        <Field
          label={t("volumes.nameLabel")}
          error={tried && faults.name ? fieldText(t, faults.name) : undefined}
        >
          {(control) => (
            <Input
              {...control}
              value={name}
              autoComplete="off"
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        {of ? null : (
          <SourceFields
            kind={kind}
            onKind={(next) => {
              setKind(next);
              setSourceId("");
            }}
            {...{ choices, sourceId, choose }}
            fault={tried && faults.source}
          />
        )}
        <SizeField
          value={size}
          least={least}
          error={tried && faults.size ? t("volumes.sizeWrong", { least }) : undefined}
          onChange={setSize}
        />
        <TypeField
          {...{ types, usual }}
          value={typeId}
          onChange={setTypeId}
          copied={sourceType !== undefined}
        />
        <QuotaArithmetic lines={lines} wanted={wanted} shown={shown} />
        <QuotaBlock projectId={projectId} lines={lines} wanted={wanted} />
      </form>
    </Dialog>
  );
}

function sourceOf(kind: SourceKind, id: string) {
  if (kind === "image") return { kind, imageId: id };
  if (kind === "volume") return { kind, volumeId: id };
  return kind === "snapshot" ? { kind, snapshotId: id } : { kind };
}

/** `typeId`: of what is a volume already. */
type Choice = { id: string; label: string; gib: number; typeId?: string };

/** What a volume can be filled with, with the least size that it asks for. */
function useChoices(projectId: string, kind: SourceKind): Choice[] {
  const trpc = useTRPC();
  const page = { projectId, sort: "name", limit: choiceLimit };
  const images = useQuery({ ...trpc.image.list.queryOptions(page), enabled: kind === "image" });
  const volumes = useQuery({
    ...trpc.volume.list.queryOptions({ ...page, filter: { status: ["available"] } }),
    enabled: kind === "volume",
  });
  const snapshots = useQuery({
    ...trpc.volumeSnapshot.list.queryOptions({ ...page, filter: { status: ["available"] } }),
    enabled: kind === "snapshot",
  });
  if (kind === "image")
    return (images.data?.items ?? []).map((image) => {
      const bytes = Number(image.virtualSizeBytes ?? 0);
      const gib = Math.max(1, Math.ceil(bytes / bytesPerGib), image.minDiskGib);
      return { id: image.id, label: image.name, gib };
    });
  if (kind === "volume")
    return (volumes.data?.items ?? []).map(({ id, name, sizeGib, volumeTypeId }) => {
      return { id, label: name, gib: sizeGib, typeId: volumeTypeId };
    });
  if (kind === "snapshot")
    return (snapshots.data?.items ?? []).map(({ id, name, volumeName, sizeGib, volumeTypeId }) => {
      return { id, label: `${name} · ${volumeName}`, gib: sizeGib, typeId: volumeTypeId };
    });
  return [];
}

type SourceFieldsProps = {
  kind: SourceKind;
  onKind: (kind: SourceKind) => void;
  choices: Choice[];
  sourceId: string;
  choose: (id: string) => void;
  fault: boolean;
};

function SourceFields({ kind, onKind, choices, sourceId, choose, fault }: SourceFieldsProps) {
  const t = useTranslations("volumes");
  return (
    <>
      <Field label={t("sourceLabel")}>
        {(control) => (
          <Select
            {...control}
            value={kind}
            onChange={(event) => onKind(sources.find((one) => one === event.target.value) ?? "blank")}
          >
            {sources.map((one) => (
              <option key={one} value={one}>
                {t(`sources.${one}`)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {kind === "blank" ? null : (
        <Field label={t(`sourceOf.${kind}`)} error={fault ? t("sourceWanted") : undefined}>
          {(control) => (
            <Select {...control} value={sourceId} onChange={(event) => choose(event.target.value)}>
              <option value="">{t("choose")}</option>
              {choices.map(({ id, label, gib }) => (
                <option key={id} value={id}>
                  {`${label} · ${gib} GiB`}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
    </>
  );
}

type TypeFieldProps = {
  types: VolumeTypeChoice[];
  usual: VolumeTypeChoice | null;
  value: string;
  copied: boolean;
  onChange: (value: string) => void;
};

/** Not shown where there is nothing to choose. */
export function TypeField({ types: items, usual, value, copied, onChange }: TypeFieldProps) {
  const t = useTranslations("volumes");
  if (items.length < 2) return null;
  return (
    <Field label={t("typeLabel")} help={items.find(({ id }) => id === value)?.description}>
      {(control) => (
        <Select {...control} value={value} onChange={(event) => onChange(event.target.value)}>
          <option value="">{copied ? t("typeOfSource") : t("typeUsual", { name: usual?.name ?? "" })}</option>
          {items.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
