import { Fault } from "./fault.mjs";
import { takeLock } from "./lock.mjs";
import { until } from "./waiting.mjs";

const file = "/run/madang-links.lock";
const lockSeconds = 60;

/** Two copies that start in one moment choose different ranges, and no stop crosses a start. */
export async function aloneWithLinks(work) {
  const taken = () => {
    const lock = takeLock(file);
    return lock.release ? lock : null;
  };
  const lock = await until(taken, { seconds: lockSeconds });
  if (!lock) throw new Fault(`Another Madang keeps the lock on this host's links (${file}).`);
  try {
    return await work();
  } finally {
    lock.release();
  }
}
