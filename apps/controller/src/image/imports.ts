/**
 * The imports that this process works on: each once, a few at a time, ended with the process. What is fetched waits for
 * other people's servers, so that it has places of its own; and no project has two of either kind.
 */
import type { Image } from "@madang/db";
import type { Logger } from "pino";
import { planImage } from "../reconcilers/image.plan.ts";
import { type ImportDeps, importImage } from "./import.ts";
import { takeLease } from "./lease.ts";
import { viewOf } from "./view.ts";

export type ImportsDeps = ImportDeps & {
  log: Logger;
  /** How many of each kind (uploaded, fetched) at the same time: each of them keeps a core and a disk busy. */
  atOnce: number;
  /** Told after each, however it ended; null: it is an image now, or nobody wants it. */
  onEnd: (imageId: string, error: unknown) => Promise<void>;
};

export type Imports = {
  /** Begins it, as soon as there is room; does nothing when it is under way here or elsewhere. */
  start: (image: Image) => void;
  cancel: (imageId: string) => void;
  stop: () => Promise<void>;
};

export function openImports(deps: ImportsDeps): Imports {
  const running = new Map<string, { image: Image; ending: AbortController; done: Promise<void> }>();
  const waiting = new Map<string, Image>();
  const isFetched = ({ origin }: Image) => origin === "url";
  const hasPlace = (waits: Image) => {
    const { projectId } = waits;
    const same = [...running.values()].filter(({ image }) => isFetched(image) === isFetched(waits));
    return same.length < deps.atOnce && same.every(({ image }) => image.projectId !== projectId);
  };
  const next = () => {
    const image = [...waiting.values()].find(hasPlace);
    if (!image) return;
    const { id } = image;
    waiting.delete(id);
    const ending = new AbortController();
    const done = runOne(deps, image, ending.signal).finally(() => {
      running.delete(id);
      next();
    });
    running.set(id, { image, ending, done });
    next();
  };
  return {
    start: (image) => {
      if (running.has(image.id)) return;
      waiting.set(image.id, image);
      next();
    },
    cancel: (id) => {
      waiting.delete(id);
      running.get(id)?.ending.abort(new Error("cancelled"));
    },
    stop: async () => {
      waiting.clear();
      for (const { ending } of running.values()) ending.abort(new Error("the controller ends"));
      await Promise.all([...running.values()].map(({ done }) => done));
    },
  };
}

async function runOne(deps: ImportsDeps, image: Image, signal: AbortSignal): Promise<void> {
  const { log, onEnd } = deps;
  const began = performance.now();
  try {
    const lease = await takeLease(deps.database, image.id);
    if (!lease) return;
    const both = AbortSignal.any([signal, lease.signal]);
    try {
      const still = await importable(deps, image.id);
      if (!still) return;
      const error = await importImage(deps, still, both).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      if (both.aborted) return;
      log.info(
        { imageId: image.id, durationMs: Math.round(performance.now() - began), err: error },
        "image import",
      );
      await onEnd(image.id, error);
    } finally {
      await lease.release();
    }
  } catch (error) {
    log.error({ err: error, imageId: image.id }, "image import could not be ended");
  }
}

/** Its row as it is now, while it is nobody else's: it may have waited long, and been brought to an end elsewhere. */
async function importable(deps: ImportsDeps, id: string): Promise<Image | null> {
  const image = await deps.database.prisma.image.findUnique({ where: { id } });
  return image && planImage(await viewOf(deps, image)).kind === "import" ? image : null;
}
