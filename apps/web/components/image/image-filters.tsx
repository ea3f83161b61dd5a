"use client";

import { imageOwners, imageStatuses } from "@madang/core/image/status";
import { LayoutGrid, List } from "lucide-react";
import { useTranslations } from "next-intl";
import { ToggleGroup } from "radix-ui";
import { ChoiceFilter } from "../list/choice-filter.tsx";
import type { ListView } from "../list/use-list-view.ts";
import { Select } from "../ui/input.tsx";

export const imageFilterNames = ["whose", "status"] as const;
export type ImageView = ListView<(typeof imageFilterNames)[number]>;

const orders = ["name", "-name", "-createdAt", "createdAt", "-sizeBytes", "sizeBytes"] as const;

/** `order`: where no column's head can be pressed. */
export function ImageFilters({ view, order }: { view: ImageView; order: boolean }) {
  const t = useTranslations("images.filters");
  return (
    <>
      <ChoiceFilter
        label={t("whose")}
        any={t("anyWhose")}
        value={view.chosen("whose")}
        options={imageOwners.map((value) => ({ value, label: t(`owners.${value}`) }))}
        onChoose={(whose) => view.change({ whose })}
      />
      <StatusChoice view={view} />
      {order ? (
        <Select
          className="w-auto max-w-full"
          aria-label={t("order")}
          value={view.sort}
          onChange={({ target }) => view.change({ sort: target.value })}
        >
          {orders.map((one) => (
            <option key={one} value={one}>
              {t(`orders.${one}`)}
            </option>
          ))}
        </Select>
      ) : null}
    </>
  );
}

export function StatusChoice({ view }: { view: ListView<"status"> }) {
  const t = useTranslations("images.filters");
  const tStatus = useTranslations("images.statuses");
  return (
    <ChoiceFilter
      label={t("status")}
      any={t("anyStatus")}
      value={view.chosen("status")}
      options={imageStatuses.map((value) => ({ value, label: `${tStatus(value)} · ${value}` }))}
      onChoose={(status) => view.change({ status })}
    />
  );
}

type ViewSwitchProps = { shown: "gallery" | "list"; onShow: (shown: "gallery" | "list") => void };

export function ViewSwitch({ shown, onShow }: ViewSwitchProps) {
  const t = useTranslations("images.views");
  const item =
    "grid size-7 place-items-center rounded-[4px] text-muted transition-colors duration-150 hover:text-text data-[state=on]:bg-surface data-[state=on]:text-text data-[state=on]:shadow-sm dark:data-[state=on]:bg-raised pointer-coarse:size-9 [&_svg]:size-4";
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={t("label")}
      value={shown}
      onValueChange={(next) => (next ? onShow(next === "list" ? "list" : "gallery") : undefined)}
      className="inline-flex w-fit rounded-control border bg-sunken p-px"
    >
      <ToggleGroup.Item value="gallery" aria-label={t("gallery")} title={t("gallery")} className={item}>
        <LayoutGrid aria-hidden />
      </ToggleGroup.Item>
      <ToggleGroup.Item value="list" aria-label={t("list")} title={t("list")} className={item}>
        <List aria-hidden />
      </ToggleGroup.Item>
    </ToggleGroup.Root>
  );
}
