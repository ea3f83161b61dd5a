/** What a process that serves the API needs beside the router, the database's part included: apps know only the API. */
export {
  type AuthorityFigures,
  asUnavailable,
  type Database,
  type HypervisorFigures,
  listenHints,
  type NetworkFigures,
  openDatabase,
  openHints,
  openPlacementBoard,
  openQueue,
  type Prisma,
  type ProcessFigures,
  type QueueFigures,
  readAuthority,
  readHypervisors,
  readNetwork,
  readProcesses,
  readQueues,
  readTrail,
  startHeartbeat,
  type TrailFigures,
} from "@madang/db";
export { type LaunchLine, openLaunchLine } from "./admission/launch-line.ts";
export { type AdmissionQueue, makeAdmissionQueue } from "./admission-queue.ts";
export { exportsAtOnce } from "./agent-turns.ts";
export { startBulkWorker } from "./bulk/worker.ts";
export { tellCall } from "./call-log.ts";
export { closeCodes, consoleDialMs } from "./console.ts";
export {
  acceptDial,
  type ConsoleActor,
  type ConsoleDeps,
  type ConsoleOpened,
  claimControl,
  closeStaleConsoles,
  consolesInControl,
  type EndedConsole,
  endedConsoles,
  recordConsole,
  redeemTicket,
} from "./console-ticket.ts";
export { cloudErrorOf, trpcCodes } from "./error-table.ts";
export type { ExportRow, ExportValue } from "./exports/export.ts";
export { exportKinds } from "./exports/index.ts";
export { type EnterExport, type OpenedExport, openExport } from "./exports/open-export.ts";
export { type HintBus, makeHintBus } from "./hint-bus.ts";
export { openIdentityReader, readIdentity, type SessionIdentity } from "./identity.ts";
export {
  authoriseDownload,
  authoriseUpload,
  endUpload,
  type ImageDownload,
  type ImageUpload,
  noteUploaded,
} from "./image-transfer.ts";
export { type Meter, type Outcome, silentMeter } from "./meter.ts";
export { networkOf } from "./network.ts";
export { type LimitKind, openRateLimits, type RateLimits } from "./rate-limit.ts";
export { type InstanceCounters, readCounters } from "./reads/instance-counters.ts";
export { readHypervisorCounts } from "./reads/overview.ts";
export { requestIdFrom, requestIdHeader } from "./request-id.ts";
export { makeSeal, type Seal } from "./seal.ts";
export { sessionMaxAgeSeconds } from "./session.ts";
export { type AccessWatch, openAccessWatch } from "./stream/access-watch.ts";
export { type EventReader, openEventReader } from "./stream/event-reader.ts";
