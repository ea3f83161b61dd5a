/** Reads `system-packages.txt`: sections in brackets, one package a line, `#` begins a remark. */
export function parsePackageList(text) {
  const sections = {};
  let current = null;
  for (const [at, raw] of text.split("\n").entries()) {
    const line = raw.replace(/#.*/, "").trim();
    if (!line) continue;
    const section = line.match(/^\[(\w+)\]$/)?.[1];
    if (section) {
      current = sections[section] ??= [];
      continue;
    }
    if (!current) throw new Error(`line ${at + 1}: "${line}" stands before the first section`);
    if (!/^[a-z0-9][a-z0-9+.-]+$/.test(line)) throw new Error(`line ${at + 1}: "${line}" is no package name`);
    current.push(line);
  }
  return sections;
}

/** The packages of `names` that `dpkg-query -W -f '${Package}\t${Status}\n'` doesn't report as installed. */
export function missingPackages(names, dpkgOutput) {
  const installed = new Set(
    dpkgOutput
      .split("\n")
      .filter((line) => line.endsWith("\tinstall ok installed"))
      .map((line) => line.split("\t")[0]),
  );
  return names.filter((name) => !installed.has(name));
}
