"use client";

import { useTranslations } from "next-intl";
import { ButtonLink } from "../ui/button.tsx";
import { EmptyState, YardDrawing } from "../ui/empty-state.tsx";

type MissingProps = {
  what:
    | "page"
    | "project"
    | "instance"
    | "forbidden"
    | "left"
    | "user"
    | "group"
    | "securityGroup"
    | "router"
    | "network"
    | "image"
    | "port"
    | "volume";
  name?: string | undefined;
};

/** What isn't there, or isn't yours: the same words, so that they tell nothing. */
export function Missing({ what, name = "" }: MissingProps) {
  const t = useTranslations("missing");
  return (
    <EmptyState
      heading="h1"
      drawing={<YardDrawing />}
      title={t(`${what}.title`, { name })}
      about={t(`${what}.about`)}
    >
      <ButtonLink href="/" tone="primary">
        {t("home")}
      </ButtonLink>
    </EmptyState>
  );
}
