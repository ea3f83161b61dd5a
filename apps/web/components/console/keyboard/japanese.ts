import type { LayoutRows } from "./layout.ts";

/** JIS keyboards of 106 and 109 keys. */
export const japanese: LayoutRows = {
  rows: [
    { plain: " 1234567890-^", shift: " !\"#$%&'() =~" },
    { plain: "qwertyuiop@[]", shift: "QWERTYUIOP`{}" },
    { plain: "asdfghjkl;:", shift: "ASDFGHJKL+*" },
    { plain: "zxcvbnm,./", shift: "ZXCVBNM<>?" },
  ],
  extra: [
    { code: "IntlRo", plain: "\\", shift: "_" },
    { code: "IntlYen", shift: "|" },
  ],
};
