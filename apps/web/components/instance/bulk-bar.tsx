"use client";

import type { BulkAction } from "@madang/core/operation/bulk";
import { Play, RotateCw, Square, Trash2 } from "lucide-react";
import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useRefusal } from "../../lib/use-permission.ts";
import type { Selection } from "../list/selection.ts";
import { Button } from "../ui/button.tsx";
import type { InstanceFilter } from "./use-instances.ts";

const BulkDialog = dynamic(() => import("./bulk-dialog.tsx").then((m) => m.BulkDialog), { ssr: false });

const buttons = [
  { action: "start", word: "start", Icon: Play, permission: "instance:power" },
  { action: "stop", word: "stop", Icon: Square, permission: "instance:power" },
  { action: "reboot", word: "reboot", Icon: RotateCw, permission: "instance:power" },
  { action: "delete", word: "delete", Icon: Trash2, permission: "instance:delete" },
] as const;

type BulkBarProps = {
  projectId: string;
  selection: Selection<InstanceFilter>;
  onDone: () => void;
};

/** What can be done with the instances that are selected. */
export function BulkBar({ projectId, selection, onDone }: BulkBarProps) {
  const [asked, setAsked] = useState<BulkAction | null>(null);
  return (
    <>
      {buttons.map((button) => (
        <BulkButton key={button.action} button={button} projectId={projectId} onAsk={setAsked} />
      ))}
      {asked ? (
        <BulkDialog
          projectId={projectId}
          selection={selection}
          asked={asked}
          onClose={() => setAsked(null)}
          onDone={() => {
            setAsked(null);
            onDone();
          }}
        />
      ) : null}
    </>
  );
}

type BulkButtonProps = {
  button: (typeof buttons)[number];
  projectId: string;
  onAsk: (action: BulkAction) => void;
};

function BulkButton({ button, projectId, onAsk }: BulkButtonProps) {
  const t = useTranslations("actions");
  const { action, word, Icon, permission } = button;
  const blocked = useRefusal(permission, projectId);
  return (
    <Button size="small" blocked={blocked} onClick={() => onAsk(action)}>
      <Icon aria-hidden />
      {t(word)}
    </Button>
  );
}
