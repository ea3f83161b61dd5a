/**
 * What a browser may say to a VNC server: RFB 3.8 (RFC 6143) and the extensions that QEMU and noVNC speak. Every length
 * is exactly the one QEMU reads: were they ever to differ, a message could hide in another one.
 */
export class RfbViolation extends Error {}

/** A clipboard's text, bytes; QEMU takes no more either. */
const largestCut = 1024 * 1024;

type Kind = {
  /** Bytes of the message that begins with these; null while too few are known. */
  length: (bytes: Buffer) => number | null;
  /** It does something to the guest, instead of asking for its picture. */
  input: boolean;
};

const fixed = (length: number, input: boolean): Kind => ({ length: () => length, input });
const after = (head: number, length: (bytes: Buffer) => number, input: boolean): Kind => ({
  length: (bytes) => (bytes.length < head ? null : length(bytes)),
  input,
});

function cutLength(bytes: Buffer): number {
  const text = Math.abs(bytes.readInt32BE(4));
  if (text > largestCut) throw new RfbViolation("too long a cut text");
  return 8 + text;
}

/** The extended pointer event is a byte longer; it is never agreed on (`withoutLongPointer`), so nobody may send it. */
function pointerLength(bytes: Buffer): number {
  if (bytes.readUInt8(1) & 0x80) throw new RfbViolation("a pointer event of the long kind");
  return 6;
}

function audioLength(bytes: Buffer): number {
  const operation = bytes.readUInt16BE(2);
  if (operation > 2) throw new RfbViolation("an unknown audio operation");
  return operation === 2 ? 10 : 4;
}

function qemuLength(bytes: Buffer): number | null {
  if (bytes.length < 2) return null;
  const kind = bytes.readUInt8(1);
  if (kind === 0) return 12;
  if (kind !== 1) throw new RfbViolation("an unknown QEMU message");
  return bytes.length < 4 ? null : audioLength(bytes);
}

export const messageType = { setEncodings: 2, key: 4, pointer: 5, qemu: 255 } as const;

const kinds = new Map<number, Kind>([
  [0, fixed(20, false)], // SetPixelFormat
  [messageType.setEncodings, after(4, (bytes) => 4 + 4 * bytes.readUInt16BE(2), false)],
  [3, fixed(10, false)], // FramebufferUpdateRequest
  [messageType.key, fixed(8, true)],
  [messageType.pointer, after(2, pointerLength, true)],
  [6, after(8, cutLength, true)], // ClientCutText
  [150, fixed(10, false)], // EnableContinuousUpdates
  [248, after(9, (bytes) => 9 + bytes.readUInt8(8), false)], // Fence
  [250, fixed(4, true)], // xvp: shut down, reboot, reset
  [251, after(8, (bytes) => 8 + 16 * bytes.readUInt8(6), true)], // SetDesktopSize
  [messageType.qemu, { length: qemuLength, input: true }],
]);

/** Throws RfbViolation for what can't be told apart: it would have to be guessed where the next message begins. */
export function kindOf(bytes: Buffer): Kind {
  const kind = kinds.get(bytes.readUInt8(0));
  if (kind) return kind;
  throw new RfbViolation(`an unknown message: ${bytes.readUInt8(0)}`);
}

const longPointer = -316;

/** A whole SetEncodings, without the pseudo-encoding that would make pointer events of two lengths. */
export function withoutLongPointer(message: Buffer): Buffer {
  const kept: number[] = [];
  for (let at = 4; at < message.length; at += 4) {
    const encoding = message.readInt32BE(at);
    if (encoding !== longPointer) kept.push(encoding);
  }
  const made = Buffer.alloc(4 + 4 * kept.length);
  made.writeUInt8(messageType.setEncodings, 0);
  made.writeUInt16BE(kept.length, 2);
  for (const [index, encoding] of kept.entries()) made.writeInt32BE(encoding, 4 + 4 * index);
  return made;
}
