/** Access rules of application credentials: names of procedures, or a router's name with ".*" for all of it. */
import { z } from "zod";

export const accessRuleLimit = 100;

export const accessRule = z
  .string()
  .max(100)
  .regex(/^[a-zA-Z]+(\.[a-zA-Z]+)*(\.\*)?$/, { error: "accessRuleUnknown" });

/** "instance.*" stands for every procedure whose name begins with "instance.". */
export function isNamedBy(rules: readonly string[] | null, path: string): boolean {
  if (rules === null) return true;
  const [router = ""] = path.split(".");
  return rules.some((rule) => rule === path || rule === `${router}.*`);
}
