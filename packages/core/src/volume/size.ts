import { z } from "zod";

/** GiB; larger than any disk that a qcow2 file's 64 KiB clusters are for. */
export const largestVolumeGib = 65_536;
export const sizeGib = z.int().min(1, { error: "volumeSize" }).max(largestVolumeGib, { error: "volumeSize" });
