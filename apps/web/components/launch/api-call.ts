/** What the launch form would send, as a command for a shell. */
import type { LaunchInput } from "@madang/core/instance/launch";
import { shellQuoted } from "../../lib/credential-files.ts";

/**
 * The body comes from a here-document in which the shell reads nothing: JSON's texts have no line breaks, so none of its
 * lines is the one that ends it. The sign-in is the shell's MADANG_TOKEN. `url`: without a path.
 */
export function launchCall(url: string, input: LaunchInput): string {
  return [
    `curl --fail-with-body ${shellQuoted(`${url}/api/trpc/instance.launch`)} \\`,
    `  -H "Authorization: Bearer $MADANG_TOKEN" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  --data-binary @- <<'END'`,
    JSON.stringify({ json: input }, null, 2),
    "END",
    "",
  ].join("\n");
}
