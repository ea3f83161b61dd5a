/** How many characters of a disk's serial number virtio tells a guest (VIRTIO 1.2, 5.2.6: a string of 20 bytes). */
export const serialLength = 20;

/** The serial number by which an instance finds a volume. Two of one instance must differ in it. */
export const volumeSerial = (volumeId: string): string => volumeId.slice(0, serialLength);
