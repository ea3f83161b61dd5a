import type { LayoutRows } from "./layout.ts";

const letters = [
  { plain: "asdfghjkl", shift: "ASDFGHJKL" },
  { plain: "zxcvbnm,./", shift: "ZXCVBNM<>?" },
] as const;

export const american: LayoutRows = {
  rows: [
    { plain: "`1234567890-=", shift: "~!@#$%^&*()_+" },
    { plain: "qwertyuiop[]\\", shift: "QWERTYUIOP{}|" },
    { plain: `${letters[0].plain};'`, shift: `${letters[0].shift}:"` },
    letters[1],
  ],
};

export const british: LayoutRows = {
  rows: [
    { plain: "`1234567890-=", shift: '¬!"£$%^&*()_+', altGr: "¦   €" },
    { plain: "qwertyuiop[]#", shift: "QWERTYUIOP{}~" },
    { plain: `${letters[0].plain};'`, shift: `${letters[0].shift}:@` },
    letters[1],
  ],
  extra: [{ code: "IntlBackslash", plain: "\\", shift: "|" }],
};
