/** npm passes a Ctrl-C on that the terminal has already sent to everybody: two within this time are one. */
const sameMilliseconds = 1000;

/**
 * Calls `stop` at the first SIGINT, SIGTERM or SIGHUP and `hurry` at each later one, and keeps the process alive until
 * they are done.
 */
export function onStopSignals(stop, hurry) {
  let last = 0;
  let first = true;
  const handle = (name) => {
    const now = Date.now();
    const repeated = now - last < sameMilliseconds;
    last = now;
    if (first) {
      first = false;
      stop(name);
      return;
    }
    if (!repeated) hurry(name);
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => handle(name));
}
