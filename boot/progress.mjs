const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const quietSeconds = 15;

const seconds = (since) => Math.round((Date.now() - since) / 1000);
const took = (since) => (seconds(since) < 1 ? "" : ` (${seconds(since)} s)`);

function terminalTicker(out, label, since) {
  let frame = 0;
  const timer = setInterval(() => {
    frame = (frame + 1) % frames.length;
    out.write(`\r\x1b[K${frames[frame]} ${label()} ${seconds(since)} s`);
  }, 120);
  return () => {
    clearInterval(timer);
    out.write("\r\x1b[K");
  };
}

function plainTicker(out, label, since) {
  const timer = setInterval(() => out.write(`  … ${label()} ${seconds(since)} s\n`), quietSeconds * 1000);
  return () => clearInterval(timer);
}

/**
 * One line per step, with a tick and the seconds it took. On a terminal the running step's line moves; in a plain log a
 * line comes every 15 seconds, so that nobody takes a long step for a hang.
 */
export function createProgress(out = process.stdout) {
  const ticker = out.isTTY ? terminalTicker : plainTicker;

  async function step(label, work) {
    const since = Date.now();
    let shown = label;
    const stop = ticker(out, () => shown, since);
    try {
      const result = await work((detail) => {
        const next = detail ? `${label}: ${detail}` : label;
        if (!out.isTTY && detail && next !== shown) out.write(`  … ${next}\n`);
        shown = next;
      });
      stop();
      const note = typeof result === "string" ? `: ${result}` : "";
      out.write(`✓ ${label}${note}${took(since)}\n`);
      return result;
    } catch (error) {
      stop();
      out.write(`✗ ${label}${took(since)}\n`);
      throw error;
    }
  }

  return { step, say: (text) => out.write(`${text}\n`) };
}
