import { Disc3, HardDrive } from "lucide-react";
import type { ImageRow } from "../../lib/rows.ts";

/** How distributions write themselves; others are written as their property says. */
const spelled: Readonly<Record<string, string>> = {
  almalinux: "AlmaLinux",
  alpine: "Alpine",
  arch: "Arch Linux",
  centos: "CentOS",
  cirros: "CirrOS",
  debian: "Debian",
  fedora: "Fedora",
  freebsd: "FreeBSD",
  opensuse: "openSUSE",
  rhel: "RHEL",
  rocky: "Rocky Linux",
  ubuntu: "Ubuntu",
  windows: "Windows",
};

type Marked = Pick<ImageRow, "distro" | "distroVersion" | "uploadFormat">;

/** What is on it, in words; null: it does not say. */
export function distroText({ distro, distroVersion }: Marked): string | null {
  if (!distro) return null;
  const name = spelled[distro.toLowerCase()] ?? distro;
  return distroVersion ? `${name} ${distroVersion}` : name;
}

/** The first letters of what is on it, or what kind of disk it is. */
export function ImageMark({ image }: { image: Marked }) {
  const Icon = image.uploadFormat === "iso" ? Disc3 : HardDrive;
  const letters = [...(distroText(image) ?? "")].slice(0, 2).join("");
  return (
    <span
      aria-hidden
      className="grid size-9 shrink-0 place-items-center rounded-control bg-accent-soft text-table font-semibold text-accent"
    >
      {letters === "" ? <Icon className="size-5" /> : letters}
    </span>
  );
}
