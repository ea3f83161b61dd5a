/** Something the person at the terminal can mend: `message` is the cause, `advice` what to do, both one sentence. */
export class Fault extends Error {
  constructor(message, { advice = "", tail = "" } = {}) {
    super(message);
    this.name = "Fault";
    this.advice = advice;
    this.tail = tail;
  }
}

/** Prints a fault as sentences, anything else with its stack: that one is our own mistake. */
export function report(error, write = (text) => process.stderr.write(text)) {
  if (!(error instanceof Fault)) {
    write(`\n${error?.stack ?? error}\n`);
    return;
  }
  if (error.tail) write(`\n${error.tail.replace(/^/gm, "  │ ")}\n`);
  write(`\n${error.message}\n`);
  if (error.advice) write(`${error.advice}\n`);
}
