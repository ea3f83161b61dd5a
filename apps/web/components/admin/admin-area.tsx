"use client";

import type { ReactNode } from "react";
import { CloudStream } from "../../lib/stream.tsx";
import { usePermission } from "../../lib/use-permission.ts";
import { Missing } from "../shell/missing.tsx";
import { Shell } from "../shell/shell.tsx";

/** The administrator's part, with its own colour; others are told that it isn't theirs. */
export function AdminArea({ children }: { children: ReactNode }) {
  const allowed = usePermission("system:read", null);
  if (!allowed) {
    return (
      <Shell area={{ kind: "account", projectId: null }}>
        <Missing what="forbidden" />
      </Shell>
    );
  }
  return (
    <CloudStream>
      <Shell area={{ kind: "admin" }}>{children}</Shell>
    </CloudStream>
  );
}
