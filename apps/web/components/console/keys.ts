/** Key combinations that a browser or its desktop would keep for itself, as X11 keysyms (keysymdef.h). */
export type Key = { keysym: number; code: string };
export type Chord = { label: string; keys: Key[] };

export const control: Key = { keysym: 0xffe3, code: "ControlLeft" };
export const alt: Key = { keysym: 0xffe9, code: "AltLeft" };
export const shift: Key = { keysym: 0xffe1, code: "ShiftLeft" };
const firstFunctionKey = 0xffbe;
/** Makes AltGr what it is on keyboards that have one (ISO_Level3_Shift). */
export const altGr: Key = { keysym: 0xfe03, code: "AltRight" };

/** Keys that are held until the next other key. */
export const modifiers = [
  { label: "Ctrl", key: control },
  { label: "Alt", key: alt },
  { label: "Shift", key: shift },
  { label: "Super", key: { keysym: 0xffeb, code: "MetaLeft" } },
] as const;
export type Modifier = (typeof modifiers)[number]["label"];

export const ctrlAltDel: Chord = {
  label: "Ctrl-Alt-Del",
  keys: [control, alt, { keysym: 0xffff, code: "Delete" }],
};

export const singleKeys: Chord[] = [
  { label: "Tab", keys: [{ keysym: 0xff09, code: "Tab" }] },
  { label: "Esc", keys: [{ keysym: 0xff1b, code: "Escape" }] },
  { label: "Enter", keys: [{ keysym: 0xff0d, code: "Enter" }] },
  { label: "PrintScreen", keys: [{ keysym: 0xff61, code: "PrintScreen" }] },
  { label: "SysRq", keys: [alt, { keysym: 0xff15, code: "PrintScreen" }] },
];

export const terminalKeys: Chord[] = Array.from({ length: 12 }, (_, index) => ({
  label: `Ctrl-Alt-F${index + 1}`,
  keys: [control, alt, { keysym: firstFunctionKey + index, code: `F${index + 1}` }],
}));
