/** What a file that is taken is called: a name that somebody chose, as a header says it (RFC 6266, RFC 8187). */

const longest = 100;

/** `name` is anybody's words; `fallback` and `ending` are ours, of plain letters. */
export function attachment(name: string, fallback: string, ending: string): string {
  const plain = `${plainName(name) || fallback}.${ending}`;
  const full = `${shownName(name) || fallback}.${ending}`;
  const extended = full === plain ? "" : `; filename*=UTF-8''${escaped(full)}`;
  return `attachment; filename="${plain}"${extended}`;
}

/** Letters that no header and no file system takes for anything else; for clients that read no other name. */
function plainName(name: string): string {
  const plain = name.normalize("NFKD").replaceAll(/[^A-Za-z0-9._-]+/g, "-");
  return trimmed(plain).slice(0, longest);
}

/** As it is called, without what a file system reads as a path, and what shows it otherwise than it is. */
function shownName(name: string): string {
  const safe = name
    .toWellFormed()
    .normalize("NFC")
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\:*?"<>|%]+/gu, "-");
  return trimmed([...trimmed(safe)].slice(0, longest).join(""));
}

/** A file that begins with a dot is hidden, one that begins with a dash is taken for an option. */
function trimmed(name: string): string {
  return name.replaceAll(/^[-.\s]+|[-.\s]+$/g, "");
}

function escaped(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
