/** Every key that works on all pages: what binds them and what the list of keys shows. */
export type Shortcut = {
  /** Its words: `keys.<name>`, or those of the page it leads to. */
  name: string;
  /** As pressed one after the other; `Mod` is Ctrl, on a Mac Command. */
  keys: readonly string[];
  /** The page of the project it leads to. */
  page?: string;
};

export const shortcuts: readonly Shortcut[] = [
  { name: "palette", keys: ["Mod+K"] },
  { name: "operations", keys: ["Alt+O"] },
  { name: "keys", keys: ["?"] },
  { name: "launch", keys: ["C"], page: "/instances/launch" },
];

/** After G; the second key is asked for by its place, whatever the keyboard's language. */
export const journeys: readonly (Shortcut & { page: string })[] = [
  { name: "overview", keys: ["G", "O"], page: "" },
  { name: "instances", keys: ["G", "I"], page: "/instances" },
  { name: "images", keys: ["G", "M"], page: "/images" },
  { name: "volumes", keys: ["G", "V"], page: "/volumes" },
  { name: "networks", keys: ["G", "N"], page: "/networks" },
  { name: "floatingIps", keys: ["G", "F"], page: "/floating-ips" },
  { name: "securityGroups", keys: ["G", "S"], page: "/security-groups" },
  { name: "keyPairs", keys: ["G", "K"], page: "/key-pairs" },
];

export type Pressed = Pick<
  KeyboardEvent,
  "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey" | "isComposing"
>;

/** What a key asks for; `afterG`: G was pressed just before. `typing`: into a field, where letters are letters. */
export function wishOf(
  pressed: Pressed,
  { afterG, typing }: { afterG: boolean; typing: boolean },
): { open: "palette" | "keys" } | { page: string } | "g" | null {
  const { key, code, ctrlKey, metaKey, altKey, shiftKey } = pressed;
  if (pressed.isComposing) return null;
  const chord = ctrlKey || metaKey;
  if (chord && !altKey && !shiftKey && code === "KeyK") return { open: "palette" };
  if (typing || chord || altKey) return null;
  if (key === "?") return { open: "keys" };
  if (shiftKey) return null;
  const journey = journeys.find(({ keys }) => code === `Key${keys[1]}`);
  if (afterG && journey) return { page: journey.page };
  if (code === "KeyG") return "g";
  return code === "KeyC" && !afterG ? { page: "/instances/launch" } : null;
}
