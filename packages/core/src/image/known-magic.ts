/** Files that are surely something else than the disk that somebody took them for. */
import { hasAt } from "./fields.ts";
import type { FileView } from "./format.ts";

type Mark = { name: string; matches: (view: FileView) => boolean };

const beginning = (name: string, mark: string, at = 0): Mark => ({
  name,
  matches: ({ head }) => hasAt(head, at, mark),
});

export const knownMagic: readonly Mark[] = [
  beginning("QED", "QED\0"),
  beginning("VMDK (COWD)", "COWD"),
  beginning("VMDK descriptor", "# Disk DescriptorFile"),
  beginning("Parallels", "WithoutFreeSpace"),
  beginning("Parallels", "WithouFreSpacExt"),
  beginning("Bochs", "Bochs Virtual HD Image"),
  beginning("cloop", "#!/bin/sh\n#V2.0 Format"),
  beginning("LUKS", "LUKS\xba\xbe"),
  beginning("gzip", "\x1f\x8b\x08"),
  beginning("xz", "\xfd7zXZ\0"),
  beginning("zstd", "\x28\xb5\x2f\xfd"),
  beginning("bzip2", "BZh"),
  beginning("7z", "7z\xbc\xaf\x27\x1c"),
  beginning("zip", "PK\x03\x04"),
  beginning("tar", "ustar", 257),
  { name: "DMG", matches: ({ tail }) => hasAt(tail, tail.length - 512, "koly") },
  { name: "HTML", matches: ({ head }) => /^\s*<(!doctype html|html|\?xml)/i.test(textOf(head)) },
];

function textOf(head: Uint8Array): string {
  return String.fromCharCode(...head.subarray(0, 64));
}
