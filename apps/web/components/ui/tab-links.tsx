"use client";

import Link from "next/link";
import { cn } from "./class-names.ts";

type TabLinksProps = { label: string; tabs: { key: string; href: string; label: string }[]; current: string };

/** Tabs that are addresses: each opens with its own link. */
export function TabLinks({ label, tabs, current }: TabLinksProps) {
  return (
    <nav aria-label={label} className="-mb-px flex gap-1 overflow-x-auto border-b">
      {tabs.map((tab) => (
        <Link
          key={tab.key}
          href={tab.href}
          scroll={false}
          aria-current={tab.key === current ? "page" : undefined}
          className={cn(
            "border-b-2 px-3 py-2 text-table font-medium whitespace-nowrap -outline-offset-2",
            tab.key === current ? "border-accent text-text" : "border-transparent text-muted hover:text-text",
          )}
        >
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}
