/**
 * The browser's end of a console: redeems the ticket, asks the guest's agent to dial this process, pipes bytes. What
 * is open is watched: a closed row, a revoked session or a lost role ends it within about a second, and the input of who is not
 * in control stops here.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import {
  type ConsoleActor,
  type ConsoleDeps,
  type ConsoleOpened,
  claimControl,
  closeCodes,
  closeStaleConsoles,
  consoleDialMs,
  consolesInControl,
  type EndedConsole,
  endedConsoles,
  recordConsole,
  redeemTicket,
  type SessionIdentity,
} from "@madang/api/server";
import { CloudError } from "@madang/core/errors";
import { isGranted } from "@madang/core/identity/permission";
import type { WebSocket } from "ws";
import type { Backend } from "./backend.ts";
import { type ConsoleGate, openGate } from "./console-gate.ts";
import { closeSocket, pipeSockets } from "./console-pipe.ts";
import { consoleSockets } from "./console-sockets.ts";
import { type Controlled, oneAtATime, watchControl } from "./control-watch.ts";
import type { PendingDials } from "./pending-dials.ts";

export type ConsoleCall = {
  consoleId: string;
  ticket: string;
  identity: SessionIdentity;
  address: string;
  requestId: string;
};

export type ConsoleRelay = {
  accept: (request: IncomingMessage, socket: Duplex, head: Buffer, call: ConsoleCall) => void;
  /** A browser is told why only by the code of a socket that was opened. */
  turnAway: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  close: () => Promise<void>;
};

/** `toGuest` is there as soon as the agent is. */
type Viewer = Controlled & {
  browser: WebSocket;
  gate: ConsoleGate;
  toGuest: ((bytes: Buffer) => void) | null;
};

const largestMessage = 1024 * 1024;
const watchEveryMs = 1_000;
const staleEveryMs = 10_000;

const codeFor: Record<EndedConsole["cause"], number> = {
  session: closeCodes.sessionEnded,
  hypervisor: closeCodes.agentUnreachable,
  closed: closeCodes.takenOver,
};

/** `internalBase`: where agents reach this process, e.g. `wss://10.0.0.1:3001`. */
export function makeConsoleRelay(backend: Backend, dials: PendingDials, internalBase: string): ConsoleRelay {
  const { api, bus } = backend;
  const deps: ConsoleDeps = { database: api.admission, hints: api.hints, seal: api.seal };
  const wss = consoleSockets(largestMessage);
  /** Whoever redeemed a ticket: only these can be in control or lose their session. */
  const open = new Map<string, Viewer>();
  const served = new Map<WebSocket, Promise<void>>();
  // By the clock that dates what this process opens.
  const startedAt = api.reads.now();

  const serve = async (browser: WebSocket, call: ConsoleCall) => {
    const { consoleId, ticket, identity } = call;
    const internalUrl = `${internalBase}/console/${consoleId}`;
    const opened = await redeemTicket(deps, {
      consoleId,
      ticket,
      sessionId: identity.sessionId,
      internalUrl,
    });
    if (!opened || !mayOpen(identity, opened)) return closeSocket(browser, closeCodes.ticketRefused);
    const actor = {
      userId: identity.userId,
      name: identity.userName,
      address: call.address,
      requestId: call.requestId,
    };
    await claimControl(deps, opened.console);
    await recordConsole(deps, opened, actor, "console.open");
    const { kind, projectId } = opened.console;
    const { requestId, userId } = actor;
    const line = { requestId, userId, projectId, instanceId: opened.instance.id, consoleId, kind };
    api.log.info(line, "console opened");
    backend.metrics.console(kind, 1);
    const viewer = viewerOf(browser, kind);
    open.set(consoleId, viewer);
    try {
      await control.look();
      await relay(backend, dials, viewer, opened, identity);
    } finally {
      open.delete(consoleId);
      backend.metrics.console(kind, -1);
      api.log.info(line, "console closed");
      await recordConsole(deps, opened, actor satisfies ConsoleActor, "console.close");
    }
  };

  const closeEnded = async () => {
    for (const { id, cause } of await endedConsoles(api.reads, [...open.keys()])) {
      const viewer = open.get(id);
      if (viewer) putOut(viewer, codeFor[cause]);
    }
  };
  const control = watchControl(
    open,
    (ids) => consolesInControl(api.reads, ids),
    () => performance.now(),
  );
  const lookForEnded = oneAtATime(closeEnded);
  const watch = () => {
    control.lapse();
    void quietly(lookForEnded());
    void quietly(control.look());
  };
  const quietly = (work: Promise<void>) => work.catch((error) => api.log.warn({ err: error }, "consoles"));
  const timers = [
    setInterval(watch, watchEveryMs),
    setInterval(() => quietly(closeStaleConsoles(deps, internalBase, startedAt)), staleEveryMs),
  ];
  const offHint = bus.on("console", watch);
  void quietly(closeStaleConsoles(deps, internalBase, startedAt));

  return {
    accept: (request, socket, head, call) =>
      wss.handleUpgrade(request, socket, head, (browser) => {
        browser.on("error", () => browser.terminate());
        // What is typed before the guest answers waits.
        browser.pause();
        const done = serve(browser, call).catch((error) => {
          if (error instanceof CloudError && error.code === "TooManyRequests")
            return closeSocket(browser, closeCodes.tooManyOpen);
          api.log.error({ err: error, consoleId: call.consoleId }, "console failed");
          closeSocket(browser, 1011);
        });
        served.set(browser, done);
        void done.finally(() => served.delete(browser));
      }),
    turnAway: (request, socket, head) =>
      wss.handleUpgrade(request, socket, head, (browser) => {
        browser.on("error", () => browser.terminate());
        closeSocket(browser, closeCodes.tooManyOpen);
      }),
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      offHint();
      const ending = [...served];
      for (const viewer of open.values()) viewer.setControl(false);
      for (const [browser] of ending) closeSocket(browser, 1001);
      await Promise.allSettled(ending.map(([, done]) => done));
      wss.close();
    },
  };
}

function viewerOf(browser: WebSocket, kind: string): Viewer {
  const viewer: Viewer = {
    browser,
    gate: openGate(kind),
    toGuest: null,
    setControl(inControl) {
      const letGo = viewer.gate.setControl(inControl);
      if (letGo.length > 0) viewer.toGuest?.(letGo);
    },
  };
  return viewer;
}

/** What he holds down is let go at once; his socket may take its time to end. */
function putOut(viewer: Viewer, code: number): void {
  viewer.setControl(false);
  closeSocket(viewer.browser, code);
}

function mayOpen({ grants }: SessionIdentity, { console }: ConsoleOpened): boolean {
  return isGranted(grants, permissionFor(console.kind), console.projectId);
}

function permissionFor(kind: string) {
  return kind === "log" ? "instance:log" : "instance:console";
}

async function relay(
  { api }: Backend,
  dials: PendingDials,
  viewer: Viewer,
  opened: ConsoleOpened,
  identity: SessionIdentity,
): Promise<void> {
  const { browser, gate } = viewer;
  const { console, hypervisorId } = opened;
  // What a guest wrote can be read after it has stopped, too.
  const able = opened.instance.running || console.kind === "log";
  if (!hypervisorId || !able) return closeSocket(browser, closeCodes.guestNotRunning);
  const unwatch = api.access.add({
    identity,
    permission: permissionFor(console.kind),
    projectId: console.projectId,
    onEnd: () => putOut(viewer, closeCodes.sessionEnded),
  });
  const gone = new AbortController();
  browser.once("close", () => gone.abort());
  try {
    // It may have gone while the ticket was redeemed; nobody would then ever end the agent's side.
    if (browser.readyState !== browser.OPEN) return;
    const dial = dials.wait(console.id, opened.secret, consoleDialMs, gone.signal);
    api.hints.publish(`hypervisor:${hypervisorId}`);
    const agent = await dial;
    if (!agent) return closeSocket(browser, closeCodes.agentUnreachable);
    viewer.toGuest = (bytes) => agent.send(bytes, { binary: true });
    const ended = await pipeSockets(browser, agent, gate.pass);
    if (ended.by === "browser") closeSocket(agent, closeCodes.ended);
    else closeSocket(browser, codeOf(ended.code));
  } finally {
    unwatch();
  }
}

/** An agent that vanished in the middle is the same to its user as one that never came. */
function codeOf(code: number): number {
  const known: readonly number[] = [closeCodes.ended, closeCodes.guestNotRunning, closeCodes.takenOver];
  return known.includes(code) ? code : closeCodes.agentUnreachable;
}
