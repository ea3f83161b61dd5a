"use client";

import type { newImage } from "@madang/core/image/image-input";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { z } from "zod";
import { type Failure, failureOf } from "../../lib/failure.ts";
import { useTRPC } from "../../lib/trpc.ts";
import { startUpload } from "./uploads.ts";
import { useImagesChanged } from "./use-image-change.ts";

/** `file` null: the cloud fetches it. */
export type Wish = { image: z.input<typeof newImage>; file: File | null };

type Options = {
  projectId: string;
  /** Told of each that was made; its file is on its way then. */
  onMade: (id: string) => void;
  onRefused: (id: string, reason: string) => void;
  onAll: () => void;
};

/** Makes images one after the other, until one is refused. */
export function useNewImages({ projectId, onMade, onRefused, onAll }: Options) {
  const trpc = useTRPC();
  const changed = useImagesChanged();
  const [failure, setFailure] = useState<Failure | null>(null);
  const [pending, setPending] = useState(false);
  const create = useMutation(trpc.image.create.mutationOptions({ onSettled: changed }));
  const make = async (wishes: readonly Wish[]) => {
    setFailure(null);
    setPending(true);
    for (const { image, file } of wishes) {
      const refused = await create.mutateAsync({ projectId, ...image }).then(
        () => null,
        (thrown: unknown) => failureOf(thrown),
      );
      if (refused) {
        setPending(false);
        setFailure(refused);
        return onRefused(image.id, refused.error.reason);
      }
      if (file) startUpload(image.id, file, changed);
      onMade(image.id);
    }
    setPending(false);
    onAll();
  };
  return { make, failure, pending };
}
