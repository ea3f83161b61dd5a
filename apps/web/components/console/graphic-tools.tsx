"use client";

import { Camera, ClipboardCopy, Keyboard, Scaling, Type } from "lucide-react";
import { useTranslations } from "next-intl";
import { Button, IconButton } from "../ui/button.tsx";
import { Menu, MenuChoice, MenuItem, MenuSeparator } from "../ui/menu.tsx";
import { saveBlob } from "../ui/save-file.ts";
import { copyText } from "./copy-text.ts";
import { ctrlAltDel, modifiers, singleKeys, terminalKeys } from "./keys.ts";
import type { Graphic, Scale } from "./use-graphic.ts";

type Props = {
  graphic: Graphic;
  name: string;
  /** Why nothing can be seen, and why nothing can be typed, now. */
  noPicture: string | null;
  noInput: string | null;
  onTypeText: () => void;
};

/** What a keyboard in a browser can't press, and what else one does with a screen. */
export function GraphicTools({ graphic, name, noPicture, noInput, onTypeText }: Props) {
  const t = useTranslations("console");
  const { held, hold, press, scale, chooseScale, picture, clipboard } = graphic;
  return (
    <>
      <fieldset aria-label={t("keys")} className="flex flex-wrap items-center gap-0.5">
        {modifiers.map((modifier) => (
          <Button
            key={modifier.label}
            tone={held.includes(modifier.label) ? "primary" : "quiet"}
            size="small"
            aria-pressed={held.includes(modifier.label)}
            blocked={noInput}
            hint={t("holdKey", { key: modifier.label })}
            onClick={() => hold(modifier)}
          >
            {modifier.label}
          </Button>
        ))}
        <Button tone="quiet" size="small" blocked={noInput} onClick={() => press(ctrlAltDel)}>
          {ctrlAltDel.label}
        </Button>
      </fieldset>
      <Menu
        trigger={
          <IconButton label={t("keys")} size="iconSmall" blocked={noInput}>
            <Keyboard aria-hidden />
          </IconButton>
        }
      >
        {singleKeys.map((chord) => (
          <MenuItem key={chord.label} onSelect={() => press(chord)}>
            {chord.label}
          </MenuItem>
        ))}
        <MenuSeparator />
        {terminalKeys.map((chord) => (
          <MenuItem key={chord.label} onSelect={() => press(chord)}>
            {chord.label}
          </MenuItem>
        ))}
      </Menu>
      <IconButton label={t("typeText.open")} size="iconSmall" blocked={noInput} onClick={onTypeText}>
        <Type aria-hidden />
      </IconButton>
      <IconButton
        label={t("copyGuest")}
        size="iconSmall"
        blocked={clipboard === null ? t("copyGuestNone") : null}
        onClick={() => copyText(clipboard ?? "", t)}
      >
        <ClipboardCopy aria-hidden />
      </IconButton>
      <IconButton
        label={t("screenshot")}
        size="iconSmall"
        blocked={noPicture}
        onClick={() => picture((blob) => saveBlob(`${name}.png`, blob))}
      >
        <Camera aria-hidden />
      </IconButton>
      <ScaleMenu scale={scale} onChoose={chooseScale} />
    </>
  );
}

const scales: Record<string, Scale> = { fit: "fit", real: "real", remote: "remote" };

function ScaleMenu({ scale, onChoose }: { scale: Scale; onChoose: (scale: Scale) => void }) {
  const t = useTranslations("console.scale");
  return (
    <Menu
      trigger={
        <IconButton label={t("label")} size="iconSmall">
          <Scaling aria-hidden />
        </IconButton>
      }
    >
      <MenuChoice
        label={t("label")}
        value={scale}
        onChange={(value) => onChoose(scales[value] ?? "fit")}
        options={[
          { value: "fit", label: t("fit") },
          { value: "real", label: t("real") },
          { value: "remote", label: `${t("remote")} · ${t("remoteHint")}` },
        ]}
      />
    </Menu>
  );
}
