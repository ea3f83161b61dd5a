export { type Database, openDatabase, type Prisma, type Tx } from "./client.ts";
export { readCloudId } from "./cloud.ts";
export { copiesSql, countCopies } from "./copies.ts";
export {
  appendEvent,
  appendEvents,
  isCursorKept,
  latestEventCursor,
  type NewEvent,
  readEventsAfter,
  type StoredEvent,
} from "./event.ts";
export {
  type AuthorityFigures,
  type HypervisorFigures,
  type NetworkFigures,
  type ProcessFigures,
  type QueueFigures,
  readAuthority,
  readHypervisors,
  readNetwork,
  readProcesses,
  readQueues,
  readTrail,
  type TrailFigures,
} from "./figures.ts";
export * from "./generated/client.ts";
/** Prisma's own namespace (DbNull, sql); the name Prisma is our client's type. */
export { Prisma as PrismaNamespace } from "./generated/client.ts";
export { goneAfterMs, type Heartbeat, startHeartbeat } from "./heartbeat.ts";
export { type Hints, type HintTopic, listenHints, openHints } from "./hint.ts";
export { lockImageFile } from "./image-file.ts";
export { lockImage, writeImageStatus } from "./image-status.ts";
export { insertTogether } from "./insert-together.ts";
export {
  lockHypervisor,
  lockInstance,
  lockInstances,
  lockProject,
  lockProjects,
  lockUser,
  lockVolume,
  lockVolumes,
  lockVolumesOf,
  type ProjectLock,
} from "./lock.ts";
export {
  openPlacementBoard,
  type PlacementBoard,
  type PlacementReading,
  readCandidate,
  readCandidates,
} from "./placement-board.ts";
export {
  networkQueue,
  openQueue,
  type PgBoss,
  type ReconcileJob,
  type ReconcileKind,
  reconcileLaterQueue,
  reconcileQueue,
  wake,
  wakeAll,
  wakeSoon,
} from "./queue.ts";
export {
  type ProjectCount,
  projectsWithExpired,
  quotaCounts,
  quotaCountsOf,
  quotaCountsQuery,
  quotaCountsSql,
  quotaLines,
  sampleUsage,
  tidyExpired,
} from "./quota.ts";
export { instanceView, writeStatus } from "./status.ts";
export { asUnavailable, transaction } from "./transaction.ts";
export { launchedVolumeStatus, snapshotView, volumeView, writeVolumeStatus } from "./volume-status.ts";
