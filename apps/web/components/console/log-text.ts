/** Terminal control sequences (ECMA-48 CSI, OSC and two-byte escapes), which a plain text can't show. */
const esc = String.fromCharCode(27);
const bell = String.fromCharCode(7);
const sequences = new RegExp(
  `${esc}(?:\\[[0-9;?=>]*[ -/]*[@-~]|\\][^${bell}${esc}]*(?:${bell}|${esc}\\\\)|[@-Z\\\\-_0-9=>])`,
  "g",
);

/** The readable lines of a serial log. */
export function logLines(text: string): string[] {
  const plain = text.replace(sequences, "").replaceAll("\r\n", "\n").replaceAll("\r", "\n");
  const lines = plain.split("\n").map((line) => line.replace(/[^\P{Cc}\t]/gu, ""));
  while (lines.length > 0 && lines.at(-1)?.trim() === "") lines.pop();
  return lines;
}

export function matching(lines: readonly string[], wanted: string): { number: number; line: string }[] {
  const needle = wanted.trim().toLowerCase();
  const numbered = lines.map((line, index) => ({ number: index + 1, line }));
  return needle === "" ? numbered : numbered.filter(({ line }) => line.toLowerCase().includes(needle));
}
