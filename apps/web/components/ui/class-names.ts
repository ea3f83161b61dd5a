import { type ClassValue, clsx } from "clsx";
import { extendTailwindMerge } from "tailwind-merge";

// Our type scale shares the `text-` prefix with colours; without this a colour would drop the size.
const merge = extendTailwindMerge({
  extend: {
    classGroups: { "font-size": [{ text: ["label", "table", "body", "lead", "title", "display"] }] },
  },
});

/** Joins class names; of two that contradict, the later wins. */
export function cn(...values: ClassValue[]): string {
  return merge(clsx(values));
}
