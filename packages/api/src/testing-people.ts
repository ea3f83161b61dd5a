/** People that a test makes itself, and what they hold open. */
import { isTrackedEnvelope } from "@trpc/server";
import { readIdentity } from "./identity.ts";
import { type StreamMessage, streamEvents } from "./stream/event-stream.ts";
import { callerAs, type Person, type TestCloud } from "./testing.ts";

export const firstPassword = "a long enough first one";

/** `current`: the test's cloud, which is there once its tests run. */
export function peopleOf(current: () => TestCloud) {
  const as = (person: Person) => callerAs(current(), person);
  const admin = () => as("cloudAdmin").admin;
  return {
    as,
    admin,
    makeUser: async (name = `p-${crypto.randomUUID()}`): Promise<string> => {
      const id = crypto.randomUUID();
      await admin().user.create({ id, name, password: firstPassword });
      return id;
    },
    nameOf: async (id: string): Promise<string> =>
      (await current().database.prisma.user.findUniqueOrThrow({ where: { id } })).name,
    giveSession: (userId: string) => giveSession(current(), userId),
    lastEvent: (action: string) =>
      current().database.prisma.event.findFirstOrThrow({ where: { action }, orderBy: { id: "desc" } }),
    watchProject: (sessionId: string, projectId = current().projectId) =>
      watchProject(current(), sessionId, projectId),
    watchConsole: (sessionId: string) => watchConsole(current(), sessionId),
  };
}

async function giveSession({ database }: TestCloud, userId: string): Promise<string> {
  const id = crypto.randomUUID();
  const data = { id, userId, expiresAt: new Date(Date.now() + 3_600_000), address: "::1", userAgent: "test" };
  await database.prisma.session.create({ data });
  return id;
}

/** An open stream of a project, and how it ended. */
async function watchProject({ database, deps }: TestCloud, sessionId: string, projectId: string) {
  const identity = await readIdentity(database, sessionId);
  if (!identity) throw new Error("no such session");
  const of = { identity, permission: "event:list", projectId, lastEventId: null } as const;
  const stream = streamEvents(deps, of, new AbortController().signal);
  await stream.next();
  const ended = (async () => {
    for await (const message of stream) {
      const told = messageOf(message);
      if (told.type === "ended") return told.reason;
    }
    return null;
  })();
  return { ended };
}

/** What a stream hands out, without the place to resume from. */
export function messageOf(envelope: unknown): StreamMessage {
  if (isTrackedEnvelope<StreamMessage>(envelope)) return envelope[1];
  throw new Error("not tracked");
}

/** A console: whatever is held open is judged by the same watch. */
async function watchConsole({ database, deps, projectId }: TestCloud, sessionId: string) {
  const identity = await readIdentity(database, sessionId);
  if (!identity) throw new Error("no such session");
  const of = { identity, permission: "instance:console", projectId } as const;
  const ended = new Promise<string>((resolve) => {
    deps.access.add({ ...of, onEnd: resolve });
  });
  return { ended };
}
