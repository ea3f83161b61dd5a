const usualSeconds = 20;

/**
 * Kills a process that lives and has not answered for `hungSeconds`: it is started again like one that died. One that never
 * answered yet has `readySeconds`. Answers the function that ends it.
 */
export function watchHung(unit, { everyMs, say }) {
  const { name, answers, hungSeconds = usualSeconds, readySeconds = 60 } = unit.definition;
  if (!answers) return () => {};
  let asking = false;
  let child = null;
  let since = 0;

  async function look() {
    if (unit.child !== child) {
      child = unit.child;
      since = performance.now();
    }
    if (!child.alive()) return;
    if (await answers(child.pid)) {
      child.answered = true;
      since = performance.now();
      return;
    }
    const seconds = child.answered ? hungSeconds : readySeconds;
    if (unit.stopping || performance.now() - since < seconds * 1000) return;
    say(`${name} has not answered for ${seconds} s and is killed.`);
    since = performance.now();
    child.signal("SIGKILL");
  }

  const timer = setInterval(async () => {
    if (asking || unit.stopping) return;
    asking = true;
    await look().finally(() => {
      asking = false;
    });
  }, everyMs);
  return () => clearInterval(timer);
}
