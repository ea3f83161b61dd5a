import Bowser from "bowser";

/** "Firefox 140 · Linux" out of a user agent; what no browser says of itself stays as it is. */
export function browserName(userAgent: string): string {
  if (userAgent.trim() === "") return "–";
  const { browser, os } = Bowser.parse(userAgent);
  const [version = ""] = (browser.version ?? "").split(".");
  const name = [browser.name, version].filter(Boolean).join(" ");
  if (!browser.name) return userAgent;
  return [name, os.name].filter(Boolean).join(" · ");
}
