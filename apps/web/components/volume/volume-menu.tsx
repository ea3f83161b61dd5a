"use client";

import {
  ArrowRightLeft,
  Camera,
  CircleX,
  Copy,
  Disc3,
  Ellipsis,
  Gauge,
  type LucideIcon,
  MoveHorizontal,
  Pencil,
  Plug,
  Rocket,
  Trash2,
  Unplug,
} from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { VolumeRow } from "../../lib/rows.ts";
import { MakeImageDialog } from "../image/make-image-dialog.tsx";
import { launchFrom, useLaunchBlocked } from "../launch/launch-link.ts";
import { IconButton } from "../ui/button.tsx";
import { Menu, MenuItem, MenuSeparator } from "../ui/menu.tsx";
import { AttachDialog } from "./attach-dialog.tsx";
import { CallOffDialog } from "./call-off-dialog.tsx";
import { CreateDialog } from "./create-dialog.tsx";
import { DeleteDialog } from "./delete-dialog.tsx";
import { DetachDialog } from "./detach-dialog.tsx";
import { EditDialog } from "./edit-dialog.tsx";
import { ExtendDialog } from "./extend-dialog.tsx";
import { RetypeDialog } from "./retype-dialog.tsx";
import { SnapshotDialog } from "./snapshot-dialog.tsx";
import { TransferDialog } from "./transfer-dialog.tsx";
import { type MemberAction, useVolumeBlocked } from "./use-volumes.ts";

/** Going back to a snapshot is asked for at the snapshot. */
export type MenuAction = Exclude<MemberAction, "revert">;

const icons: Record<MenuAction, LucideIcon> = {
  attach: Plug,
  detach: Unplug,
  extend: MoveHorizontal,
  retype: Gauge,
  snapshot: Camera,
  copy: Copy,
  image: Disc3,
  callOff: CircleX,
  update: Pencil,
  transfer: ArrowRightLeft,
  delete: Trash2,
};
const groups: MenuAction[][] = [
  ["attach", "detach"],
  ["extend", "retype", "snapshot", "copy", "image", "callOff"],
  ["update", "transfer"],
  ["delete"],
];

type VolumeMenuProps = { projectId: string; volume: VolumeRow; small?: boolean };

/** Everything that can be done to a volume, what is impossible now with the reason. */
export function VolumeMenu({ projectId, volume, small = false }: VolumeMenuProps) {
  const t = useTranslations("volumes");
  const router = useRouter();
  const blocked = useVolumeBlocked(projectId);
  const launchBlocked = useLaunchBlocked(projectId).volume(volume);
  const [asked, setAsked] = useState<MenuAction | null>(null);
  return (
    <>
      <Menu
        trigger={
          <IconButton
            label={t("menu", { name: volume.name })}
            size={small ? "iconSmall" : "icon"}
            tone={small ? "quiet" : "plain"}
          >
            <Ellipsis aria-hidden />
          </IconButton>
        }
      >
        <MenuItem
          icon={<Rocket aria-hidden />}
          blocked={launchBlocked}
          onSelect={() => router.push(launchFrom(projectId, { volume }))}
        >
          {t("launch")}
        </MenuItem>
        <MenuSeparator />
        {groups.map((actions, index) => (
          <div key={actions[0]}>
            {index > 0 ? <MenuSeparator /> : null}
            {actions.map((action) => {
              const Icon = icons[action];
              return (
                <MenuItem
                  key={action}
                  danger={action === "delete"}
                  icon={<Icon aria-hidden />}
                  blocked={blocked(action, volume)}
                  onSelect={() => setAsked(action)}
                >
                  {t(`actions.${action}`)}
                </MenuItem>
              );
            })}
          </div>
        ))}
      </Menu>
      <VolumeDialog projectId={projectId} volume={volume} asked={asked} onClose={() => setAsked(null)} />
    </>
  );
}

type VolumeDialogProps = {
  projectId: string;
  volume: VolumeRow;
  asked: MenuAction | null;
  onClose: () => void;
};

export function VolumeDialog({ projectId, volume, asked, onClose }: VolumeDialogProps) {
  const props = { projectId, volume, onClose };
  const { id, name, sizeGib: gib, volumeTypeId: typeId } = volume;
  switch (asked) {
    case "attach":
      return <AttachDialog projectId={projectId} given={{ volume }} onClose={onClose} />;
    case "detach":
      return <DetachDialog {...props} />;
    case "extend":
      return <ExtendDialog {...props} />;
    case "retype":
      return <RetypeDialog {...props} />;
    case "snapshot":
      return <SnapshotDialog projectId={projectId} of={{ volume }} onClose={onClose} />;
    case "copy":
      return (
        <CreateDialog
          projectId={projectId}
          of={{ kind: "volume", id, name, gib, typeId }}
          onClose={onClose}
        />
      );
    case "image":
      return (
        <MakeImageDialog projectId={projectId} of={{ kind: "volume", id, name, gib }} onClose={onClose} />
      );
    case "update":
      return <EditDialog {...props} />;
    case "transfer":
      return <TransferDialog {...props} />;
    case "callOff":
      return <CallOffDialog {...props} />;
    case "delete":
      return <DeleteDialog {...props} />;
    case null:
      return null;
  }
}
