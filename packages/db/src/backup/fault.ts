/** Why a backup or its restoration was refused: one sentence for the person at the terminal, and what to do. */
export class BackupFault extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "BackupFault";
  }
}
