/** How a text gets into a guest: as keys, or as bytes on a line. */
import type { LayoutName } from "./keyboard/layout.ts";

export const longestText = 20_000;

export type TypeTarget = {
  /** null where characters are sent as they are, and no keyboard stands between. */
  unmappable: ((text: string, layout: LayoutName) => string[]) | null;
  /** The pieces of the text, each sent at once. */
  parts: (text: string, layout: LayoutName) => (() => boolean)[];
  pauseMs: number;
};
