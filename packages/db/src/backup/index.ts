export { writeBackup } from "./dump.ts";
export { BackupFault } from "./fault.ts";
export type { Manifest } from "./manifest.ts";
export { checkBackup, restoreDatabase, restoreFiles } from "./restore.ts";
