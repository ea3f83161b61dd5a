import type { LayoutRows } from "./layout.ts";

/** AZERTY as Linux has it: digits with Shift; the key beside P is a dead circumflex, the plain one is AltGr with 9. */
export const french: LayoutRows = {
  rows: [
    { plain: "²&é\"'(-è_çà)=", shift: " 1234567890°+", altGr: "  ~#{[|`\\^@]}" },
    { plain: "azertyuiop $*", shift: "AZERTYUIOP £µ", altGr: "  €        ¤" },
    { plain: "qsdfghjklmù", shift: "QSDFGHJKLM%" },
    { plain: "wxcvbn,;:!", shift: "WXCVBN?./§" },
  ],
  extra: [{ code: "IntlBackslash", plain: "<", shift: ">" }],
};
