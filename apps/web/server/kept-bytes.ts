/**
 * Bytes that wait for those that follow. They are copied into one buffer that grows by doubling: neither a million small
 * pieces nor the large frames these were cut from stay in memory.
 */
type KeptBytes = {
  length: () => number;
  add: (bytes: Buffer) => void;
  /** All that was kept; nothing is kept after. */
  take: () => Buffer;
};

const nothing = Buffer.alloc(0);

export function keepBytes(): KeptBytes {
  let buffer = nothing;
  let length = 0;
  const grow = (needed: number) => {
    const larger = Buffer.alloc(Math.max(needed, 2 * buffer.length));
    buffer.copy(larger, 0, 0, length);
    buffer = larger;
  };
  return {
    length: () => length,
    add(bytes) {
      if (length + bytes.length > buffer.length) grow(length + bytes.length);
      length += bytes.copy(buffer, length);
    },
    take() {
      const all = buffer.subarray(0, length);
      buffer = nothing;
      length = 0;
      return all;
    },
  };
}
