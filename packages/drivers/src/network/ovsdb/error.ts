/**
 * What went wrong with a database. `code` is the server's own (RFC 7047, 3.1 and 5.2: "constraint violation",
 * "referential integrity violation", "timed out", "not leader" …) or one of ours: `disconnected` (sent or not, there will be
 * no answer), `protocol` (the peer does not speak OVSDB), `overflow` (more than our bounds).
 */
export class OvsdbError extends Error {
  readonly code: string;
  /** Which operation of the transaction; -1: none, or the commit. */
  readonly operation: number;

  constructor(code: string, details = "", operation = -1, cause?: unknown) {
    super(details === "" ? code : `${code}: ${details}`, { cause });
    this.name = "OvsdbError";
    this.code = code;
    this.operation = operation;
  }
}
