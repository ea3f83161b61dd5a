/** What every process calls itself by: the version of the whole, as the root's package.json says it. */
import manifest from "../../../package.json" with { type: "json" };

export const { version } = manifest;
