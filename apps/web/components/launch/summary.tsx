"use client";

import { defaultGroupUsage, needsDefaultGroup } from "@madang/core/network/default-group";
import {
  launchUsage,
  type QuotaResource,
  quotaResources,
  sumUsage,
  type Usage,
} from "@madang/core/quota/resource";
import { useTranslations } from "next-intl";
import { useFormContext } from "react-hook-form";
import { sizeText } from "../../lib/amount.ts";
import type { Translate } from "../../lib/error-text.ts";
import type { Failure } from "../../lib/failure.ts";
import { QuotaArithmetic } from "../quota/quota-arithmetic.tsx";
import { QuotaBlock } from "../quota/quota-block.tsx";
import { blockedWords } from "../quota/use-room.ts";
import { Button } from "../ui/button.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { ApiCallButton } from "./api-call-button.tsx";
import { newVolumesUsage } from "./disks.ts";
import { type LaunchForm, launchInputOf } from "./form-schema.ts";
import type { Choices } from "./launch-form.tsx";
import { useSshPath } from "./use-ssh-path.ts";

const shownResources: readonly QuotaResource[] = ["instances", "cores", "ram"];
const isBeside = (name: QuotaResource) => !shownResources.includes(name);

type Plugs = { ports: number; defaultGroup: boolean };

/** Each instance has ports of its own, and the first of a project that name no group bring the default one along. */
function withPorts(own: Usage, { ports, defaultGroup }: Plugs): Usage {
  if (ports === 0) return own;
  return { ...own, ports, ...(defaultGroup ? defaultGroupUsage : {}) };
}

/** What is made for all of them, the default group with it, beside a port in the network for each. */
function withSshPath(own: Usage, path: Usage, count: number): Usage {
  return { ...path, ...own, ports: (path.ports ?? 0) + count };
}

function bootName(
  { boot, imageId }: LaunchForm,
  { images, volumes, snapshots }: Choices,
): string | undefined {
  if (boot.kind === "volume") return volumes.find(({ id }) => id === boot.volumeId)?.name;
  if (boot.kind === "snapshot") return snapshots.find(({ id }) => id === boot.snapshotId)?.name;
  return images.find(({ id }) => id === imageId)?.name;
}

/** What the launch takes and what remains, live; the button says what stands against it. */
export function LaunchSummary({
  projectId,
  choices,
  pending,
  failure,
}: {
  projectId: string;
  choices: Choices;
  pending: boolean;
  failure: Failure | null;
}) {
  const t: Translate = useTranslations();
  const { watch } = useFormContext<LaunchForm>();
  const values = watch();
  const count = values.count > 0 ? Math.floor(values.count) : 1;
  const flavor = choices.flavors.find((one) => one.id === values.flavorId);
  const source = bootName(values, choices);
  const { usage, fault } = useSshPath(projectId);
  const disks = newVolumesUsage({ ...values, count }, choices, flavor);
  const own = sumUsage(flavor ? launchUsage(flavor, count) : { instances: count }, disks);
  const ports = values.networks.filter(({ kind }) => kind === "network").length * count;
  const { securityGroupIds } = launchInputOf(values, projectId, []);
  const defaultGroup = needsDefaultGroup(choices.groups, securityGroupIds);
  const wanted = values.reachable
    ? withSshPath(own, usage, Math.max(ports, count))
    : withPorts(own, { ports, defaultGroup });
  const shown = [...shownResources, ...quotaResources.filter((name) => isBeside(name) && wanted[name])];
  const blocked =
    blockedWords(t, choices.lines, wanted) ?? (fault && t(`errors.${fault.reason}`, { name: fault.name }));
  return (
    <aside
      aria-label={t("launch.summary")}
      className="flex flex-col gap-5 rounded-surface border bg-surface p-4 @4xl:sticky @4xl:top-16"
    >
      <div>
        <h2 className="text-body font-semibold">{t("launch.summary")}</h2>
        {source && flavor ? (
          <p className="mt-1 text-table text-muted">
            {t("launch.summaryLine", { count, image: source, flavor: flavor.name })}
          </p>
        ) : null}
        {flavor ? <p className="text-label text-muted tabular-nums">{sizeText(flavor)}</p> : null}
      </div>
      <QuotaArithmetic lines={choices.lines} wanted={wanted} shown={shown} />
      {values.reachable || values.networks.length > 0 ? null : (
        <p className="text-label text-muted">{t("launch.noNetwork")}</p>
      )}
      {failure && !blocked ? <FailureNotice failure={failure} /> : null}
      <QuotaBlock projectId={projectId} lines={choices.lines} wanted={wanted} />
      <div className="flex flex-col gap-1.5">
        <Button type="submit" tone="primary" className="h-9 w-full" blocked={blocked} disabled={pending}>
          {pending ? t("launch.launching") : t("launch.launch", { count })}
        </Button>
        <ApiCallButton />
      </div>
    </aside>
  );
}
