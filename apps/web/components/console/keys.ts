/** Key combinations that a browser or its desktop would keep for itself, as X11 keysyms (keysymdef.h). */
export type Chord = { label: string; keys: { keysym: number; code: string }[] };

const control = { keysym: 0xffe3, code: "ControlLeft" };
const alt = { keysym: 0xffe9, code: "AltLeft" };
const firstFunctionKey = 0xffbe;

export const ctrlAltDel: Chord = {
  label: "Ctrl-Alt-Del",
  keys: [control, alt, { keysym: 0xffff, code: "Delete" }],
};

export const singleKeys: Chord[] = [
  { label: "Tab", keys: [{ keysym: 0xff09, code: "Tab" }] },
  { label: "Esc", keys: [{ keysym: 0xff1b, code: "Escape" }] },
  { label: "PrintScreen", keys: [{ keysym: 0xff61, code: "PrintScreen" }] },
];

export const terminalKeys: Chord[] = Array.from({ length: 12 }, (_, index) => ({
  label: `Ctrl-Alt-F${index + 1}`,
  keys: [control, alt, { keysym: firstFunctionKey + index, code: `F${index + 1}` }],
}));
