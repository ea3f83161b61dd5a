/**
 * Launches that came at the same time are admitted in one transaction: what one launch costs, all of them cost together.
 * Each is judged for itself and in the order in which they came, as if they came one after the other.
 */
import { CloudError } from "@madang/core/errors";
import type { LaunchInput } from "@madang/core/instance/launch";
import {
  launchUsage,
  type QuotaCount,
  type QuotaResource,
  sumUsage,
  type Usage,
} from "@madang/core/quota/resource";
import { lockProjects, quotaCountsOf, type Tx } from "@madang/db";
import type { Outside } from "../call-turns.ts";
import type { Actor } from "../context.ts";
import { cryptPassword } from "../crypt-password.ts";
import type { AdmissionDeps, ApiDeps } from "../deps.ts";
import { launchPlace, mayHaveInterfaces, nowhere, type Place, readPlaces } from "./launch-place.ts";
import type { SureLaunch } from "./launch-rows.ts";
import { type LaunchSource, launchSource, readSources } from "./launch-source.ts";
import { diskUsage, type LaunchDisk, launchDisks, namesVolumes, newVolumeIds } from "./launch-volumes.ts";
import { writeLaunches } from "./launch-write.ts";
import { requireOpen } from "./open-project.ts";
import { requireRoom, takeRoom } from "./quota-room.ts";
import { claimAll, releaseIds, requireOwnIds } from "./resource-id.ts";
import { readGrants, requireIn } from "./still.ts";

export type Launched = { ids: string[]; operationIds: string[] };

/** `passwordHash`: made before the line and the transaction, for that is slow on purpose. */
export type LaunchWish = { actor: Actor; input: LaunchInput; passwordHash: string | null };

/** All of them or none. `outside`: how to wait in their line. Throws NotFound, InvalidInput, Conflict, QuotaExceeded, Unavailable. */
export async function launchInstances(
  deps: Pick<ApiDeps, "launches" | "hints">,
  actor: Actor,
  input: LaunchInput,
  outside: Outside,
): Promise<Launched> {
  requireOwnIds([...input.ids, ...newVolumeIds(input)], "ids");
  const passwordHash = input.password === null ? null : cryptPassword(input.password);
  const launched = await outside(() => deps.launches.run({ actor, input, passwordHash }));
  deps.hints.publish("event");
  return launched;
}

type Answers = Map<LaunchWish, Launched | CloudError>;

/**
 * What became of each wish, in their order; null: not now, because an earlier wish names the same ids, or (`whenLocked` is
 * "skip") somebody holds its project, or what its project asked for can't all be. A refused one leaves nothing behind.
 * Whatever is thrown concerns all of them: the transaction must be rolled back, and each wish be tried by itself.
 */
export async function admitLaunches(
  deps: AdmissionDeps,
  tx: Tx,
  wishes: readonly LaunchWish[],
  whenLocked: "wait" | "skip",
): Promise<(Launched | CloudError | null)[]> {
  const answers: Answers = new Map();
  const welcome = await lockAndJudge(tx, firstOfTheirIds(wishes), whenLocked, answers);
  const claimed = await claimEach(deps, tx, welcome, answers);
  const sure = await judgeEach(tx, claimed, answers);
  for (const { wish, outcome } of await writeLaunches(deps, tx, sure, wishes.length > 1)) {
    if (outcome === null || outcome instanceof CloudError) putOff(answers, wish.input.projectId);
    if (outcome !== null) answers.set(wish, outcome);
  }
  const notMade = claimed.filter((wish) => isNotMade(answers.get(wish)));
  await releaseIds(
    tx,
    notMade.flatMap(({ input }) => [...input.ids, ...newVolumeIds(input)]),
  );
  return wishes.map((wish) => answers.get(wish) ?? null);
}

function isNotMade(answer: Launched | CloudError | undefined): boolean {
  return answer === undefined || answer instanceof CloudError;
}

/** Who heard that no room was left may find some: those before him were not made. */
function putOff(answers: Answers, projectId: string): void {
  for (const [wish, answer] of answers)
    if (wish.input.projectId === projectId && answer instanceof CloudError && answer.code === "QuotaExceeded")
      answers.delete(wish);
}

/** Those that no earlier one shares an id with. */
function firstOfTheirIds(wishes: readonly LaunchWish[]): LaunchWish[] {
  const seen = new Set<string>();
  return wishes.filter(({ input }) => {
    const first = input.ids.every((id) => !seen.has(id));
    for (const id of input.ids) seen.add(id);
    return first;
  });
}

/** What `judge` makes of those that it lets pass; to the others its CloudError is the answer. */
function passing<After>(
  wishes: readonly LaunchWish[],
  answers: Answers,
  judge: (wish: LaunchWish) => After,
): After[] {
  return wishes.flatMap((wish) => {
    try {
      return [judge(wish)];
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      answers.set(wish, error);
      return [];
    }
  });
}

/** Locks the projects, and only then asks whether each actor may still do this there. */
async function lockAndJudge(
  tx: Tx,
  wishes: readonly LaunchWish[],
  whenLocked: "wait" | "skip",
  answers: Answers,
): Promise<LaunchWish[]> {
  const projectIds = new Set(wishes.map(({ input }) => input.projectId));
  const projects = await lockProjects(tx, [...projectIds], whenLocked);
  const now = whenLocked === "wait" ? wishes : wishes.filter(({ input }) => projects.has(input.projectId));
  const grants = await readGrants(
    tx,
    now.map(({ actor }) => actor),
  );
  return passing(now, answers, (wish) => {
    requireIn(grants, wish.actor);
    requireOpen(projects.get(wish.input.projectId));
    return wish;
  });
}

/** Those whose ids are new; who asked the very same before is told what he was told then. */
async function claimEach(
  deps: AdmissionDeps,
  tx: Tx,
  wishes: readonly LaunchWish[],
  answers: Answers,
): Promise<LaunchWish[]> {
  if (wishes.length === 0) return [];
  const claims = wishes.map(({ actor, input }) => {
    const bodyHash = deps.seal.mark(JSON.stringify(["instance.launch", actor.userId, bodyOf(input)]));
    const { projectId } = input;
    return [
      ...input.ids.map((id) => ({ id, kind: "instance", projectId, bodyHash })),
      ...newVolumeIds(input).map((id) => ({ id, kind: "volume", projectId, bodyHash })),
    ];
  });
  const found = new Map((await claimAll(tx, claims)).map((claimed, index) => [wishes[index], claimed]));
  const again = wishes.filter((wish) => found.get(wish) === "repeat");
  for (const { wish, launched } of await launchedBefore(tx, again)) answers.set(wish, launched);
  return passing(wishes, answers, (wish) => {
    const claimed = found.get(wish);
    if (claimed instanceof CloudError) throw claimed;
    return wish;
  }).filter((wish) => found.get(wish) === "new");
}

/** Without what was not asked for before there were volumes: such a launch, sent again after an upgrade, is the same. */
function bodyOf(input: LaunchInput): object {
  const { bootVolume: _boot, volumes: _volumes, ...rest } = input;
  return namesVolumes(input) ? input : rest;
}

async function launchedBefore(
  tx: Tx,
  wishes: readonly LaunchWish[],
): Promise<{ wish: LaunchWish; launched: Launched }[]> {
  if (wishes.length === 0) return [];
  const operations = await tx.operation.findMany({
    where: { kind: "instance.launch", resourceId: { in: wishes.flatMap(({ input }) => input.ids) } },
    select: { id: true, resourceId: true },
  });
  const byResource = new Map(operations.map(({ id, resourceId }) => [resourceId, id]));
  return wishes.map((wish) => {
    const { ids } = wish.input;
    return { wish, launched: { ids, operationIds: ids.flatMap((id) => byResource.get(id) ?? []) } };
  });
}

const counted: readonly QuotaResource[] = ["instances", "cores", "ram", "networks", "ports"];

/** With what is in use counted once; each one that passes is in use for those after it. */
async function judgeEach(tx: Tx, wishes: readonly LaunchWish[], answers: Answers): Promise<SureLaunch[]> {
  if (wishes.length === 0) return [];
  const inputs = wishes.map(({ input }) => input);
  const sources = await readSources(tx, inputs, counted);
  const projectIds = new Set(inputs.map(({ projectId }) => projectId));
  const counts = new Map<string, QuotaCount[]>(quotaCountsOf(sources.counts, [...projectIds], counted));
  // What makes its own way finds its place when that is there.
  const joins = (input: LaunchInput) =>
    !input.reachable && mayHaveInterfaces(input, networksOf(counts.get(input.projectId)));
  const joining = new Set(inputs.filter(joins));
  const places = await readPlaces(tx, [...joining]);
  const sure = passing(wishes, answers, (wish) => {
    const { input, actor } = wish;
    const source = launchSource(sources, input, actor.userId);
    const place = joining.has(input) ? launchPlace(places, input) : nowhere;
    if (namesVolumes(input)) return { wish, source, place, disks: [] };
    counts.set(input.projectId, takeRoom(counts.get(input.projectId) ?? [], usageOf(input, source, place)));
    return { wish, source, place, disks: [] };
  });
  return await Promise.all(sure.map((one) => withDisks(tx, one)));
}

function usageOf({ ids }: LaunchInput, { flavor }: LaunchSource, place: Place): Usage {
  return { ...launchUsage(flavor, ids.length), ...portUsage(place, ids.length) };
}

/** One with volumes goes alone (`goesAlone`), so what speaks against it may be thrown, and its room be counted by itself. */
async function withDisks(tx: Tx, launch: SureLaunch): Promise<SureLaunch> {
  const { wish, source, place } = launch;
  if (!namesVolumes(wish.input)) return launch;
  const disks: LaunchDisk[] = await launchDisks(tx, wish.input, source.flavor);
  const usage = sumUsage(usageOf(wish.input, source, place), diskUsage(disks));
  await requireRoom(tx, wish.actor, wish.input.projectId, usage);
  return { ...launch, disks };
}

function networksOf(counts: readonly QuotaCount[] | undefined): number {
  return counts?.find(({ resource }) => resource === "networks")?.inUse ?? 0;
}

function portUsage({ fresh }: Place, instances: number): Usage {
  return fresh.length === 0 ? {} : { ports: fresh.length * instances };
}
