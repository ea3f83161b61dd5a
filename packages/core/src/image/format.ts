/** What people bring as an image, and what is known of a file while it is looked at. */
export const imageFormats = ["qcow2", "raw", "vmdk", "vhd", "vhdx", "vdi", "iso"] as const;
export type ImageFormat = (typeof imageFormats)[number];

/** What qemu calls it; iso and raw are the same bytes to it. */
export const qemuFormats: Readonly<Record<ImageFormat, string>> = {
  qcow2: "qcow2",
  raw: "raw",
  vmdk: "vmdk",
  vhd: "vpc",
  vhdx: "vhdx",
  vdi: "vdi",
  iso: "raw",
};

/** No disk of an image may claim more than this, bytes: 60 TiB in a file of a megabyte is an attack. */
export const mostVirtualBytes = 8 * 1024 ** 4;
/** No file that is brought may be longer, bytes. */
export const mostImageBytes = 1024 ** 4;

/** As much of the beginning as any format keeps its tables' whereabouts in (VHDX: up to 320 KiB; VMDK's text: less). */
export const headBytes = 1024 ** 2 + 65_536;
/** The longest end that is looked at: VMDK's footer. */
export const tailBytes = 1_536;

export type Region = { offset: number; length: number };

/** `size`, `tail`: null and empty until all bytes were seen. `late`: the region that a format asked for, once it is complete. */
export type FileView = {
  head: Uint8Array;
  tail: Uint8Array;
  size: number | null;
  late: Uint8Array | null;
};

/**
 * `inspect` throws for what is not exactly a lone, plain disk of its format, and answers the disk's size in bytes. It is
 * called on a view without an end too, for an early refusal.
 */
export type FormatReader = {
  format: ImageFormat;
  matches: (view: FileView) => boolean;
  inspect: (view: FileView) => number;
  /** A region that lies behind the head. Only for what matches. */
  wants?: (view: FileView) => Region;
};
