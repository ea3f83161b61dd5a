/** Backups, for the commands of apps/web: apps know only the API. */
export {
  BackupFault,
  checkBackup,
  type Manifest,
  restoreDatabase,
  restoreFiles,
  writeBackup,
} from "@madang/db/backup";
