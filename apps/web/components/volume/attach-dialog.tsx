"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import type { Translate } from "../../lib/error-text.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Select } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";
import { Toggle } from "../ui/toggle.tsx";
import { useVolumeChange } from "./use-volumes.ts";

/** One end is given, the other is chosen here. */
type Given = { volume: { id: string; name: string } } | { instance: { id: string; name: string } };
type AttachDialogProps = { projectId: string; given: Given; onClose: () => void };

export function AttachDialog({ projectId, given, onClose }: AttachDialogProps) {
  const t: Translate = useTranslations();
  const formId = useId();
  const [chosen, setChosen] = useState("");
  const [readOnly, setReadOnly] = useState(false);
  const [deleteWithInstance, setDelete] = useState(false);
  const choices = useEnds(projectId, given);
  const { failure, options } = useVolumeChange(onClose);
  const attach = useMutation(useTRPC().volume.attach.mutationOptions(options));
  const what = "volume" in given ? "volume" : "instance";
  const name = "volume" in given ? given.volume.name : given.instance.name;
  const missing = chosen === "" ? t(`volumes.attach.${what}Wanted`) : null;
  const [id, instanceId] = "volume" in given ? [given.volume.id, chosen] : [chosen, given.instance.id];
  const usable = choices.items.filter(({ blocked }) => blocked === null);
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t(`volumes.attach.${what}Title`, { name })}
      about={t(`volumes.attach.${what}About`)}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button tone="primary" type="submit" form={formId} blocked={missing} disabled={attach.isPending}>
            {t("volumes.attach.verb")}
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
          if (!missing) attach.mutate({ projectId, id, instanceId, readOnly, deleteWithInstance });
        }}
      >
        {failure ? <FailureNotice failure={failure} /> : null}
        {choices.ready && usable.length === 0 ? (
          <Notice tone="info">{t(`volumes.attach.${what}None`)}</Notice>
        ) : null}
        <Field label={t(`volumes.attach.${what}Label`)}>
          {(control) => (
            <Select {...control} value={chosen} onChange={(event) => setChosen(event.target.value)}>
              <option value="">{t("volumes.choose")}</option>
              {choices.items.map((one) => (
                <option key={one.id} value={one.id} disabled={one.blocked !== null}>
                  {one.blocked ? `${one.label} · ${t(`volumes.attach.blocked.${one.blocked}`)}` : one.label}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Toggle
          label={t("volumes.attach.readOnly")}
          help={t("volumes.attach.readOnlyHelp")}
          checked={readOnly}
          onChange={setReadOnly}
        />
        <Toggle
          label={t("volumes.attach.deleteWith")}
          help={t("volumes.attach.deleteWithHelp")}
          checked={deleteWithInstance}
          onChange={setDelete}
        />
      </form>
    </Dialog>
  );
}

/** The other end's choices, those that can't be chosen with the reason. */
function useEnds(projectId: string, given: Given) {
  const trpc = useTRPC();
  const volumeId = "volume" in given ? given.volume.id : "";
  const instanceId = "instance" in given ? given.instance.id : "";
  const instances = useQuery({
    ...trpc.volume.targets.queryOptions({ projectId, id: volumeId }),
    enabled: volumeId !== "",
  });
  const volumes = useQuery({
    ...trpc.volume.attachable.queryOptions({ projectId, instanceId }),
    enabled: instanceId !== "",
  });
  if ("volume" in given)
    return {
      ready: instances.isSuccess,
      items: (instances.data ?? []).map(({ id, name, status, blocked }) => {
        return { id, blocked, label: `${name} · ${status}` };
      }),
    };
  return {
    ready: volumes.isSuccess,
    items: (volumes.data ?? []).map(({ id, name, sizeGib, blocked }) => {
      return { id, blocked, label: `${name} · ${sizeGib} GiB` };
    }),
  };
}
