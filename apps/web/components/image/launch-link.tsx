"use client";

import { Rocket } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ImageRow } from "../../lib/rows.ts";
import { useRefusal } from "../../lib/use-permission.ts";
import { Button, ButtonLink } from "../ui/button.tsx";

type Launched = Pick<ImageRow, "id" | "name" | "status" | "withdrawn">;

export function launchHref(projectId: string, imageId: string): string {
  return `/p/${projectId}/instances/launch?image=${imageId}`;
}

/** Why nothing is launched from it and its file is not to be had; null when it is ready. */
export function useUnready(image: Pick<Launched, "status" | "withdrawn">): string | null {
  const t = useTranslations("images");
  if (image.status === "active") return null;
  if (image.status === "killed") return t("refusedNow");
  if (image.status !== "deactivated") return t("notReady");
  return t(image.withdrawn ? "withdrawnNow" : "deactivatedNow");
}

type LaunchLinkProps = { projectId: string; image: Launched; small?: boolean };

/** To the launch form with this image chosen; greyed with what stands in the way. */
export function LaunchLink({ projectId, image, small }: LaunchLinkProps) {
  const t = useTranslations("images");
  const refused = useRefusal("instance:create", projectId);
  const unready = useUnready(image);
  const blocked = refused ?? unready;
  const look = { tone: small ? "plain" : "primary", size: small ? "small" : "regular" } as const;
  const inside = (
    <>
      <Rocket aria-hidden />
      {t("launch")}
      <span className="sr-only">{image.name}</span>
    </>
  );
  if (blocked)
    return (
      <Button {...look} blocked={blocked}>
        {inside}
      </Button>
    );
  return (
    <ButtonLink {...look} href={launchHref(projectId, image.id)}>
      {inside}
    </ButtonLink>
  );
}
