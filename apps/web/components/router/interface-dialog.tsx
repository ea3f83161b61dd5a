"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { placeFailure } from "../../lib/place-failure.ts";
import type { RouterDetail } from "../../lib/rows.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { QuotaArithmetic } from "../quota/quota-arithmetic.tsx";
import { QuotaBlock } from "../quota/quota-block.tsx";
import { useRoom } from "../quota/use-room.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { Field } from "../ui/field.tsx";
import { Select } from "../ui/input.tsx";
import { Segments } from "../ui/segments.tsx";
import { useRouterChange } from "./use-router-change.ts";

const choiceLimit = 500;
type Kind = "subnet" | "port";
type Choice = { id: string; words: string; blocked: string | null };

/** Subnets of the project that this router is not in yet, or ports that nothing uses. */
function useChoices({ projectId, interfaces }: RouterDetail, kind: Kind): Choice[] | null {
  const t = useTranslations("routers");
  const trpc = useTRPC();
  const input = { projectId, limit: choiceLimit };
  const subnets = useQuery(trpc.subnet.list.queryOptions(input, { enabled: kind === "subnet" }));
  const ports = useQuery(trpc.port.list.queryOptions(input, { enabled: kind === "port" }));
  if (kind === "subnet") {
    const connected = new Set(interfaces.map(({ subnetId }) => subnetId));
    const own = subnets.data?.items.filter((one) => one.projectId === projectId && !connected.has(one.id));
    return (
      own?.map(({ id, name, cidr, networkName, gateway }) => ({
        ...{ id, words: `${networkName} / ${name} (${cidr})` },
        blocked: gateway === null ? t("subnetWithoutGateway") : null,
      })) ?? null
    );
  }
  const free = ports.data?.items.filter((one) => one.owner === "none" && one.addresses.length > 0);
  return (
    free?.map(({ id, name, mac, networkName, addresses }) => ({
      id,
      words: `${networkName} / ${name || mac} (${addresses.map(({ address }) => address).join(", ")})`,
      blocked: null,
    })) ?? null
  );
}

export function InterfaceDialog({ router, onClose }: { router: RouterDetail; onClose: () => void }) {
  const t = useTranslations("routers");
  const tCommon = useTranslations("common");
  const trpc = useTRPC();
  const [kind, setKind] = useState<Kind>("subnet");
  const [chosen, setChosen] = useState("");
  const choices = useChoices(router, kind);
  const { failure, options } = useRouterChange(onClose);
  const { at, rest } = placeFailure(useTranslations(), failure, ["subnetId", "portId"]);
  const add = useMutation(trpc.router.addInterface.mutationOptions(options));
  const { projectId, id } = router;
  const wanted = { ports: kind === "subnet" ? 1 : 0 };
  const { lines, blocked } = useRoom(projectId, wanted);
  const submit = () => {
    const target = kind === "subnet" ? { subnetId: chosen } : { portId: chosen };
    add.mutate({ projectId, id, target });
  };
  const nothing = kind === "subnet" ? t("noSubnets") : t("noPorts");
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={t("addInterfaceTitle", { name: router.name })}
      footer={
        <>
          <Button onClick={onClose}>{tCommon("cancel")}</Button>
          <Button
            tone="primary"
            blocked={blocked ?? (chosen ? null : t("chooseFirst"))}
            disabled={add.isPending}
            onClick={submit}
          >
            {t("addVerb")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {rest ? <FailureNotice failure={rest} /> : null}
        <Segments
          label={t("by")}
          value={kind}
          onChange={(next) => {
            setKind(next === "port" ? "port" : "subnet");
            setChosen("");
          }}
          options={[
            { value: "subnet", label: t("bySubnet") },
            { value: "port", label: t("byPort") },
          ]}
        />
        <Field
          label={t(kind)}
          error={at("subnetId", "portId")}
          help={choices?.length === 0 ? nothing : t(kind === "subnet" ? "subnetHelp" : "portHelp")}
        >
          {(control) => (
            <Select
              {...control}
              value={chosen}
              disabled={!choices?.length}
              onChange={(event) => setChosen(event.target.value)}
            >
              <option value="">{t("choose")}</option>
              {choices?.map(({ id: of, words, blocked: why }) => (
                <option key={of} value={of} disabled={why !== null}>
                  {why ? `${words}: ${why}` : words}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {kind === "subnet" ? (
          <>
            <QuotaArithmetic lines={lines} wanted={wanted} shown={["ports"]} />
            <QuotaBlock projectId={projectId} lines={lines} wanted={wanted} />
          </>
        ) : null}
      </div>
    </Dialog>
  );
}
