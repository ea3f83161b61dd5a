/** npm passes a Ctrl-C on that the terminal has already sent to everybody: two within this time are one. */
const sameMilliseconds = 1000;

/** Of a terminal that was closed or a pipe whose reader ended: what is under way goes on without them. */
function outliveListeners() {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}

/**
 * Calls `stop` at the first SIGINT, SIGTERM or SIGHUP and `hurry` at each later one, and keeps the process alive until
 * they are done, also when nobody hears any more what it says.
 */
export function onStopSignals(stop, hurry) {
  outliveListeners();
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
