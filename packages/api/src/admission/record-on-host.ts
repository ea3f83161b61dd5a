import { appendEvent, type Prisma, type Tx, transaction } from "@madang/db";
import type { Changes, Subject } from "./record.ts";

/** What was done by a command on the machine itself: who sat there, the machine knows, not we. */
export async function recordOnHost(
  tx: Tx,
  subject: Subject,
  action: string,
  changes: Changes = {},
  params: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { kind, id, name, projectId } = subject;
  await appendEvent(tx, {
    ...{ resourceKind: kind, resourceId: id, resourceName: name, projectId },
    ...{ actorKind: "host", actorName: "host", action, result: "accepted", changes, params },
  });
}

/** For what was done already. */
export async function recordCommand(
  prisma: Prisma,
  subject: Subject,
  action: string,
  changes: Changes,
  params: Readonly<Record<string, string>> = {},
): Promise<void> {
  await transaction(prisma, (tx) => recordOnHost(tx, subject, action, changes, params));
}
