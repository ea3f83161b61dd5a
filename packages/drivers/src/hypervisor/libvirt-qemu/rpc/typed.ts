/** remote_typed_param: a name and a value of one of seven types. */

import { typed } from "./procedures.ts";
import { malformed, type XdrReader } from "./xdr.ts";

/** Throws Unavailable for a type that is none. */
export function readTyped(reader: XdrReader): [name: string, value: number | string] {
  const name = reader.string();
  const type = reader.int();
  if (type === typed.int || type === typed.boolean) return [name, reader.int()];
  if (type === typed.uint) return [name, reader.uint()];
  if (type === typed.llong) return [name, reader.hyper()];
  if (type === typed.ullong) return [name, reader.uhyper()];
  if (type === typed.double) return [name, reader.double()];
  if (type === typed.string) return [name, reader.string()];
  throw malformed(`a parameter of type ${type}`);
}
