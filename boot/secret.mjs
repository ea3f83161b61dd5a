import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

/** A secret of 32 random bytes as hex in a file that only its owner reads; made once. */
function secret(file) {
  try {
    writeFileSync(file, randomBytes(32).toString("hex"), { mode: 0o600, flag: "wx", flush: true });
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  return readFileSync(file, "utf8").trim();
}

/** The keys that the apps read, and the database password. */
export function makeSecrets(folder) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of ["session.key", "seal.key"]) secret(`${folder}/${name}`);
  return { databasePassword: secret(`${folder}/postgres.password`) };
}
