/** The long steps of an import as kill-point.ts puts them into a controller: the same, each call counted. */
import { z } from "zod";
import { convertImage as convertUncounted } from "../image/convert.ts";
import { readFileThrough as readUncounted } from "../image/reading.ts";

type DriverCall = <T>(call: () => Promise<T>) => Promise<T>;
const { madangDriverCall: counted } = z
  .object({ madangDriverCall: z.custom<DriverCall>((value) => typeof value === "function") })
  .parse(globalThis);

export const convertImage: typeof convertUncounted = (...order) => counted(() => convertUncounted(...order));
export const readFileThrough: typeof readUncounted = (...order) => counted(() => readUncounted(...order));
