/** By what a guest finds a volume, whatever else is plugged in: the disk's serial number is how its id begins. */
const serialLength = 20;

export function devicePath(volumeId: string): string {
  return `/dev/disk/by-id/virtio-${volumeId.slice(0, serialLength)}`;
}
