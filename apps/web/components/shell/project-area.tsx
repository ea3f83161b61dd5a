"use client";

import { usePathname } from "next/navigation";
import { type ReactNode, useEffect, useState } from "react";
import { writeStored } from "../../lib/stored.ts";
import { ProjectStream } from "../../lib/stream.tsx";
import { useMe } from "../../lib/use-me.ts";
import { InstanceActionsProvider } from "../instance/actions.tsx";
import { QuotaDecisions } from "../quota/quota-decisions.tsx";
import { Missing } from "./missing.tsx";
import { lastProjectKey } from "./project-redirect.tsx";
import { Shell } from "./shell.tsx";
import { useProjectName } from "./use-project-name.ts";

/** A console in a window of its own has nothing around it. */
const ownWindow = /\/instances\/[0-9a-f-]{36}\/console$/;

/** Everything under one project: its stream, its actions. A project that isn't one's own looks like none. */
export function ProjectArea({ projectId, children }: { projectId: string; children: ReactNode }) {
  const me = useMe();
  const bare = ownWindow.test(usePathname());
  const now = useProjectName(me, projectId);
  const known = typeof now === "string";
  const [left, setLeft] = useState<{ id: string; name: string } | null>(null);
  if (known && (left?.id !== projectId || left.name !== now)) setLeft({ id: projectId, name: now });
  useEffect(() => {
    if (known) writeStored(lastProjectKey, projectId);
  }, [known, projectId]);
  if (now === undefined) return null;
  if (!known) {
    return (
      <Shell area={{ kind: "account", projectId: null }}>
        <Missing what={left?.id === projectId ? "left" : "project"} name={left?.name} />
      </Shell>
    );
  }
  return (
    <ProjectStream key={projectId} projectId={projectId}>
      <InstanceActionsProvider>
        <QuotaDecisions projectId={projectId} />
        {bare ? children : <Shell area={{ kind: "project", projectId }}>{children}</Shell>}
      </InstanceActionsProvider>
    </ProjectStream>
  );
}
