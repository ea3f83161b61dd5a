import { createHash, randomBytes } from "node:crypto";
import { CloudError } from "@madang/core/errors";
import type { ConsoleKind } from "@madang/core/wire/agent";
import { type Tx, transaction } from "@madang/db";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { requireSession } from "../identity.ts";
import { type InstanceRef, lockedInstance, requireAllowed } from "./change-instance.ts";

/** A ticket is good for one use within this time, ms. */
export const ticketLifeMs = 30_000;
/** Consoles of one instance that may be open at once. */
const consolesAtOnce = 16;

export type OpenedConsole = { consoleId: string; ticket: string; path: string };

/** `viewOnly`: it does not take control. Throws NotFound, Forbidden, InvalidState, TooManyRequests. Reading the log needs less than sitting at the keyboard. */
export async function openConsole(
  deps: AdmissionDeps,
  actor: Actor,
  ref: InstanceRef,
  kind: ConsoleKind,
  viewOnly: boolean,
): Promise<OpenedConsole> {
  const permission = kind === "log" ? "instance:log" : "instance:console";
  const ticket = randomBytes(32).toString("base64url");
  const consoleId = crypto.randomUUID();
  const now = deps.admission.now();
  await transaction(deps.admission.prisma, async (tx) => {
    const instance = await lockedInstance(tx, actor, ref, permission);
    await requireAllowed(tx, instance, "console");
    await requireRoom(tx, instance.id, now);
    await tx.consoleSession.create({
      data: {
        id: consoleId,
        projectId: ref.projectId,
        instanceId: instance.id,
        sessionId: requireSession(actor),
        kind,
        viewOnly,
        ticketHash: ticketHash(ticket),
        expiresAt: new Date(now.getTime() + ticketLifeMs),
      },
    });
  });
  return { consoleId, ticket, path: `/ws/console/${consoleId}?ticket=${ticket}` };
}

async function requireRoom(tx: Tx, instanceId: string, now: Date): Promise<void> {
  const open = await tx.consoleSession.count({
    where: {
      instanceId,
      closedAt: null,
      OR: [{ redeemedAt: { not: null } }, { expiresAt: { gt: now } }],
    },
  });
  if (open < consolesAtOnce) return;
  throw new CloudError("TooManyRequests", `This instance already has ${consolesAtOnce} consoles open.`, {
    reason: "tooManyConsoles",
    params: { limit: consolesAtOnce },
    retry: "later",
  });
}

/** A ticket is 256 random bits, so a plain hash keeps it as well as a slow one. */
export function ticketHash(ticket: string): string {
  return createHash("sha256").update(ticket).digest("hex");
}
