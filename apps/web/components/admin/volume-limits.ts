/** Limits of a volume type while they are being typed: bytes as MiB, nothing typed is unlimited. */
import type { DiskQos } from "@madang/core/wire/guest";

export const limitNames = ["totalMib", "readMib", "writeMib", "totalIops", "readIops", "writeIops"] as const;
export type LimitTexts = Record<(typeof limitNames)[number], string>;

const bytesPerMib = 1024 ** 2;

export function limitsOf(texts: LimitTexts): DiskQos {
  const bytes = (text: string) => (text.trim() === "" ? undefined : Number(text) * bytesPerMib);
  const count = (text: string) => (text.trim() === "" ? undefined : Number(text));
  const limits = {
    totalBytesPerSecond: bytes(texts.totalMib),
    readBytesPerSecond: bytes(texts.readMib),
    writeBytesPerSecond: bytes(texts.writeMib),
    totalIops: count(texts.totalIops),
    readIops: count(texts.readIops),
    writeIops: count(texts.writeIops),
  };
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

/** What a program set in odd bytes is shown rounded up. */
export function textsOf(qos: DiskQos): LimitTexts {
  const mib = (bytes: number | undefined) =>
    bytes === undefined ? "" : String(Math.ceil(bytes / bytesPerMib));
  const text = (count: number | undefined) => (count === undefined ? "" : String(count));
  return {
    totalMib: mib(qos.totalBytesPerSecond),
    readMib: mib(qos.readBytesPerSecond),
    writeMib: mib(qos.writeBytesPerSecond),
    totalIops: text(qos.totalIops),
    readIops: text(qos.readIops),
    writeIops: text(qos.writeIops),
  };
}

type Words = (key: `limits.${(typeof limitNames)[number]}`) => string;

/** "MiB a second: 20", of each limit that there is. `t`: of `admin.volumeTypes`. */
export function limitWords(t: Words, qos: DiskQos): string[] {
  const texts = textsOf(qos);
  return limitNames
    .filter((name) => texts[name] !== "")
    .map((name) => `${t(`limits.${name}`)}: ${texts[name]}`);
}
