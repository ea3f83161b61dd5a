/** A small tree of names and texts, as metadata services show one by URL. */

/** `user-data`: bytes that are fetched only when somebody asks for them. */
export type Leaf = { kind: "text" | "json"; text: string } | { kind: "user-data"; sha256: string };
/** `lines`: what the folder says of itself, one a line. */
export type Folder = { kind: "folder"; entries: ReadonlyMap<string, Tree>; lines: readonly string[] };
export type Tree = Leaf | Folder;
export type Entry = readonly [name: string, tree: Tree];

export function folder(entries: readonly Entry[], line: (entry: Entry) => string = ([name]) => name): Folder {
  return { kind: "folder", entries: new Map(entries), lines: entries.map(line) };
}

/** As EC2 lists them: names of folders end in a slash. */
export function slashed([name, { kind }]: Entry): string {
  return kind === "folder" ? `${name}/` : name;
}

export function text(value: string): Leaf {
  return { kind: "text", text: value };
}

export function json(value: Record<string, unknown>): Leaf {
  return { kind: "json", text: JSON.stringify(value) };
}

/** Null when nothing has this name. Slashes at either end, and repeated ones, mean nothing. */
export function lookUp(root: Folder, path: string): Tree | null {
  let found: Tree = root;
  for (const name of path.split("/").filter((part) => part !== "")) {
    const next: Tree | undefined = found.kind === "folder" ? found.entries.get(name) : undefined;
    if (!next) return null;
    found = next;
  }
  return found;
}
