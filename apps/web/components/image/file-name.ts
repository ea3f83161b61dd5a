/** What a file's name says of the image that it becomes. */
import { type ImageFormat, imageFormats } from "@madang/core/image/format";

/** "": it is looked at. */
export function formatOf(name: string): ImageFormat | "" {
  const ending = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase();
  if (ending === "img" || ending === "bin") return "";
  if (ending === "vpc") return "vhd";
  return imageFormats.find((format) => format === ending) ?? "";
}

export function nameOf(name: string): string {
  return name.replace(/\.[a-z0-9]{1,5}$/i, "") || name;
}
