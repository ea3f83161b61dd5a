/** A size while it is being typed. */
import { largestVolumeGib } from "@madang/core/volume/size";

/** GiB; null: not yet a size. */
export function sizeOf(text: string): number | null {
  if (!/^\s*\d{1,5}\s*$/.test(text)) return null;
  const size = Number(text);
  return size >= 1 && size <= largestVolumeGib ? size : null;
}
