import type { LayoutRows } from "./layout.ts";

/** Circumflex, acute and grave are dead keys: they only change the next letter. */
export const german: LayoutRows = {
  rows: [
    { plain: " 1234567890ß ", shift: '°!"§$%&/()=? ', altGr: "  ²³   {[]}\\ " },
    { plain: "qwertzuiopü+#", shift: "QWERTZUIOPÜ*'", altGr: "@ €        ~" },
    { plain: "asdfghjklöä", shift: "ASDFGHJKLÖÄ" },
    { plain: "yxcvbnm,.-", shift: "YXCVBNM;:_", altGr: "      µ" },
  ],
  extra: [{ code: "IntlBackslash", plain: "<", shift: ">", altGr: "|" }],
};
