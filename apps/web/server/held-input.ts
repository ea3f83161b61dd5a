/** What a viewer holds down in the guest, so that it can be let go for him when he no longer may. */
import { messageType } from "./rfb-messages.ts";

/** More fingers than anybody has; beyond it releases are left to the guest. */
const mostKeys = 64;

export type HeldInput = {
  /** A whole message that is being passed on. */
  see: (message: Buffer) => void;
  /** The messages that let everything go. */
  release: () => Buffer;
};

export function makeHeldInput(): HeldInput {
  const keys = new Map<string, Buffer>();
  let pointer: Buffer | null = null;
  const seeKey = (down: boolean, lifted: Buffer, name: Buffer) => {
    const key = name.toString("hex");
    if (!down) keys.delete(key);
    else if (keys.size < mostKeys) keys.set(key, lifted);
  };
  return {
    see(message) {
      const type = message.readUInt8(0);
      const lifted = Buffer.from(message);
      if (type === messageType.key) {
        lifted.writeUInt8(0, 1);
        seeKey(message.readUInt8(1) !== 0, lifted, message.subarray(4));
      } else if (type === messageType.qemu && message.readUInt8(1) === 0) {
        lifted.writeUInt16BE(0, 2);
        seeKey(message.readUInt16BE(2) !== 0, lifted, message.subarray(4));
      } else if (type === messageType.pointer) {
        lifted.writeUInt8(0, 1);
        pointer = message.readUInt8(1) === 0 ? null : lifted;
      }
    },
    release() {
      const all = Buffer.concat([...keys.values(), ...(pointer ? [pointer] : [])]);
      keys.clear();
      pointer = null;
      return all;
    },
  };
}
