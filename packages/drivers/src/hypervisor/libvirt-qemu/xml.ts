import { XMLBuilder } from "fast-xml-parser";

/** From a tree in which attributes begin with `@`. */
export function xmlBuilder(): XMLBuilder {
  return new XMLBuilder({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    suppressEmptyNode: true,
    suppressBooleanAttributes: false,
    processEntities: true,
  });
}
