"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import type { PortRow } from "../../lib/rows.ts";

type Port = Pick<PortRow, "owner" | "instance" | "router">;

/** Who uses a port, as a link where there is a page. */
export function PortUser({ projectId, port }: { projectId: string; port: Port }) {
  const t = useTranslations("ports.owners");
  const look = "line-clamp-2 break-words hover:text-accent hover:underline";
  if (port.instance)
    return (
      <Link href={`/p/${projectId}/instances/${port.instance.id}?tab=network`} className={look}>
        {port.instance.name}
      </Link>
    );
  if (port.router)
    return (
      <Link href={`/p/${projectId}/routers/${port.router.id}`} className={look}>
        {port.router.name}
      </Link>
    );
  return <span className="text-muted">{t(port.owner)}</span>;
}

/** A port that nobody named goes by its address, else by its MAC. */
export function portName({ name, addresses, mac }: Pick<PortRow, "name" | "addresses" | "mac">): string {
  return name || addresses.map(({ address }) => address).join(", ") || mac;
}
