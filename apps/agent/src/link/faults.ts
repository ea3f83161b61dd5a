/** What goes wrong between a simulated hypervisor and the control plane, at will. Real hypervisors have no such layer. */
import { setTimeout as delay } from "node:timers/promises";
import { CloudError } from "@madang/core/errors";
import type { ReportInput } from "@madang/core/wire/agent";
import type { Link } from "./client.ts";

export type LinkKnobs = {
  /** Nothing gets through either way: no call, and no answer to one that is under way. */
  partition: boolean;
  /** A report arrives this much later than it was made, ms. */
  reportDelayMs: number;
  /** Each report arrives a second time this much after the first, ms; null: it does not. */
  reportAgainMs: number | null;
};

export const perfectLink: LinkKnobs = { partition: false, reportDelayMs: 0, reportAgainMs: null };

export type LinkFaults = {
  set: (knobs: LinkKnobs) => void;
  /** The newest link that went through here is the one that repeated reports take. */
  wrap: (link: Link) => Link;
};

type State = { knobs: LinkKnobs; cut: AbortController; newest: Link | null };

export function openLinkFaults(first: LinkKnobs = perfectLink): LinkFaults {
  const state: State = { knobs: first, cut: new AbortController(), newest: null };
  return {
    set(knobs) {
      const wasThrough = !state.knobs.partition;
      state.knobs = knobs;
      if (!knobs.partition || !wasThrough) return;
      state.cut.abort();
      state.cut = new AbortController();
    },
    wrap(link) {
      state.newest = link;
      return wrapped(state, link);
    },
  };
}

function wrapped(state: State, link: Link): Link {
  return {
    join: (input) => through(state, () => link.join(input)),
    pull: (input, signal) =>
      through(state, () => link.pull(input, AbortSignal.any([signal, state.cut.signal]))),
    report: (report) => through(state, () => deliver(state, link, report)),
    metrics: (report) => through(state, () => link.metrics(report)),
    renew: (csr) => through(state, () => link.renew(csr)),
    userData: (...wanted) => through(state, () => link.userData(...wanted)),
    image: (...wanted) => through(state, () => link.image(...wanted)),
    exported: (...told) => through(state, () => link.exported(...told)),
    piece: (...brought) => through(state, () => link.piece(...brought)),
  };
}

async function deliver(state: State, link: Link, report: ReportInput): Promise<void> {
  if (state.knobs.reportDelayMs > 0) await delay(state.knobs.reportDelayMs);
  if (state.knobs.partition) throw unreachable();
  const again = state.knobs.reportAgainMs;
  if (again !== null) setTimeout(() => repeat(state, report), again).unref();
  await link.report(report);
}

/** As it was, by whatever link there is by then; what becomes of it is the control plane's affair. */
function repeat(state: State, report: ReportInput): void {
  if (!state.knobs.partition) state.newest?.report(report).catch(() => {});
}

async function through<T>({ knobs, cut }: State, call: () => Promise<T>): Promise<T> {
  if (knobs.partition) throw unreachable();
  const { promise: severed, reject } = Promise.withResolvers<never>();
  const sever = () => reject(unreachable());
  cut.signal.addEventListener("abort", sever, { once: true });
  try {
    return await Promise.race([call(), severed]);
  } finally {
    cut.signal.removeEventListener("abort", sever);
  }
}

function unreachable(): CloudError {
  return new CloudError("Unavailable", "The simulated link is down.", {
    reason: "controlPlane",
    retry: "later",
  });
}
