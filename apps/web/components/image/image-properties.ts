/** An image's properties while they are being edited: those with an effect as choices, the rest as lines. */
import { isKnownProperty, type KnownProperty, settledProperty } from "@madang/core/image/hardware";
import { imageProperties } from "@madang/core/image/image-input";
import { z } from "zod";

/** Those with a choice of their own, in the order in which they stand. The rest of the known ones say what is so anyway. */
export const chosenProperties = [
  "hw_firmware_type",
  "hw_disk_bus",
  "hw_vif_model",
  "hw_video_model",
  "hw_architecture",
  "hw_boot_menu",
  "hw_qemu_guest_agent",
] as const satisfies readonly KnownProperty[];
export type ChosenProperty = (typeof chosenProperties)[number];

/** "": as usual. */
const choice = z.string().default("");

export const propertyFields = z.object({
  machine: z.object({
    hw_firmware_type: choice,
    hw_disk_bus: choice,
    hw_vif_model: choice,
    hw_video_model: choice,
    hw_architecture: choice,
    hw_boot_menu: choice,
    hw_qemu_guest_agent: choice,
  }),
  others: z.string(),
});
type PropertyFields = z.output<typeof propertyFields>;

const isChosen = (name: string): name is ChosenProperty => chosenProperties.some((one) => one === name);

/** A value that is none of its own stays a line, where it is told. */
export function fieldsOfProperties(all: Readonly<Record<string, string>>): PropertyFields {
  const machine = propertyFields.shape.machine.parse({});
  const others: string[] = [];
  for (const [name, value] of Object.entries(all)) {
    const settled = isKnownProperty(name) ? settledProperty(name, value) : null;
    if (isChosen(name) && settled !== null) machine[name] = settled;
    else others.push(`${name}=${value}`);
  }
  return { machine, others: others.join("\n") };
}

export type PropertiesRead = { all: Record<string, string> } | { fault: string };

/** `fault`: the reason of the first thing that is wrong. */
export function propertiesOfFields({ machine, others }: PropertyFields): PropertiesRead {
  const lines = others.split("\n").filter((line) => line.trim() !== "");
  const said = lines.map((line) => {
    const at = line.indexOf("=");
    return [line.slice(0, at).trim(), line.slice(at + 1).trim()] as const;
  });
  if (lines.some((line) => !line.includes("="))) return { fault: "imagePropertyName" };
  const chosen = Object.entries(machine).filter(([, value]) => value !== "");
  const names = [...said, ...chosen].map(([name]) => name);
  if (new Set(names).size < names.length) return { fault: "propertyTwice" };
  const parsed = imageProperties.safeParse(Object.fromEntries([...said, ...chosen]));
  if (parsed.success) return { all: parsed.data };
  const [issue] = parsed.error.issues;
  return { fault: issue?.code === "invalid_key" ? "imagePropertyName" : (issue?.message ?? "invalid") };
}
