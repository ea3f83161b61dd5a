import { createHash } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join, relative } from "node:path";

function filesBelow(path, skip) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => !skip(entry.name))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.isDirectory()) return filesBelow(join(path, entry.name), skip);
      return entry.isFile() || entry.isSymbolicLink() ? [join(path, entry.name)] : [];
    });
}

function contentOf(file) {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.from(readlinkSync(file));
  }
}

/** A hash over names, contents and `extra` text; `skip` leaves out files and folders by name. */
export function contentHash(root, paths, { skip = () => false, extra = "" } = {}) {
  const hash = createHash("sha256").update(extra);
  for (const path of paths) {
    for (const file of filesBelow(join(root, path), skip)) {
      hash.update(`\0${relative(root, file)}\0`).update(contentOf(file));
    }
  }
  return hash.digest("hex").slice(0, 16);
}
