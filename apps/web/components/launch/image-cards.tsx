"use client";

import { HardDrive } from "lucide-react";
import { useTranslations } from "next-intl";
import { RadioGroup } from "radix-ui";
import { Controller, useFormContext } from "react-hook-form";
import { bytesText } from "../../lib/amount.ts";
import { fieldText, type Translate } from "../../lib/error-text.ts";
import type { ImageRow } from "../../lib/rows.ts";
import { cn } from "../ui/class-names.ts";
import { Notice } from "../ui/notice.tsx";
import type { LaunchForm } from "./form-schema.ts";

const card =
  "flex min-w-0 items-start gap-3 rounded-surface border bg-surface p-3 text-left transition-colors duration-150 hover:border-line-strong data-[state=checked]:border-accent data-[state=checked]:bg-accent-soft data-[state=checked]:ring-1 data-[state=checked]:ring-accent";

/** Which disk the instance starts from. */
export function ImageCards({ images }: { images: ImageRow[] }) {
  const t: Translate = useTranslations();
  const { control, formState } = useFormContext<LaunchForm>();
  const error = fieldText(t, formState.errors.imageId?.message);
  if (images.length === 0) return <Notice tone="warning">{t("launch.noImages")}</Notice>;
  return (
    <Controller
      control={control}
      name="imageId"
      render={({ field }) => (
        <div className="flex flex-col gap-2">
          <RadioGroup.Root
            ref={field.ref}
            aria-label={t("fields.image")}
            aria-invalid={error ? true : undefined}
            value={field.value}
            onValueChange={field.onChange}
            onBlur={field.onBlur}
            className="grid gap-3 sm:grid-cols-2"
          >
            {images.map((image) => (
              <RadioGroup.Item key={image.id} value={image.id} className={cn(card)}>
                <HardDrive aria-hidden className="mt-0.5 size-4 shrink-0 text-muted" />
                <span className="min-w-0">
                  <span className="block font-medium">{image.name}</span>
                  {image.description ? (
                    <span className="block text-label text-muted">{image.description}</span>
                  ) : null}
                  <span className="block text-label text-muted tabular-nums">
                    {t("launch.imageSize", {
                      size: bytesText(image.sizeBytes),
                      disk: bytesText(image.virtualSizeBytes),
                    })}
                  </span>
                </span>
              </RadioGroup.Item>
            ))}
          </RadioGroup.Root>
          {error ? (
            <p role="alert" className="text-label text-danger">
              {error}
            </p>
          ) : null}
        </div>
      )}
    />
  );
}
