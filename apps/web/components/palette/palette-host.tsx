"use client";

import { showOverlay, useOverlay } from "../../lib/palette.ts";
import { InstanceActionsProvider } from "../instance/actions.tsx";
import { KeysDialog } from "./keys-dialog.tsx";
import { Palette } from "./palette.tsx";

const close = () => showOverlay(null);

/** Stays when the palette is shut: the questions of an act that was begun there are asked here. */
export function PaletteHost({ projectId }: { projectId: string | null }) {
  const overlay = useOverlay();
  return (
    <InstanceActionsProvider>
      {overlay === "palette" ? <Palette projectId={projectId} onClose={close} /> : null}
      {overlay === "keys" ? <KeysDialog onClose={close} /> : null}
    </InstanceActionsProvider>
  );
}
