/** Who of those that have a console open may type: one at a time. The relay lets nobody else's input through. */
import { CloudError } from "@madang/core/errors";
import { type Tx, transaction } from "@madang/db";
import { z } from "zod";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { type InstanceRef, lockedInstance } from "./change-instance.ts";
import { recordEvent } from "./record.ts";

/** A log has no keyboard. */
export const sharedConsole = z.enum(["vnc", "serial"]);

/** `to`: the open console that is to be in control, whoever has it; null: nobody's. */
export type ControlWish = { kind: z.infer<typeof sharedConsole>; to: string | null };

/** Takes control, hands it over or lays it down. Throws NotFound, Forbidden, and InvalidState (`consoleGone`). */
export async function controlConsole(
  deps: AdmissionDeps,
  actor: Actor,
  ref: InstanceRef,
  { kind, to }: ControlWish,
): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    const instance = await lockedInstance(tx, actor, ref, "instance:console");
    const name = to === null ? null : await nameOf(tx, instance.id, kind, to);
    if (!(await changed(tx, { instanceId: instance.id, kind }, to))) return;
    const subject = { kind: "instance", id: instance.id, name: instance.name, projectId: ref.projectId };
    const action = name === null ? "console.release" : "console.control";
    const params: { [key: string]: string } = name === null ? { kind } : { kind, to: name };
    await recordEvent(tx, { actor, subject, action, params });
  });
  deps.hints.publish("console");
  deps.hints.publish("event");
}

async function changed(
  tx: Tx,
  of: { instanceId: string; kind: string },
  to: string | null,
): Promise<boolean> {
  const before = { ...of, inControl: true, NOT: to === null ? [] : [{ id: to }] };
  const given = await tx.consoleSession.updateMany({ where: before, data: { inControl: false } });
  if (to === null) return given.count > 0;
  const where = { id: to, inControl: false };
  const taken = await tx.consoleSession.updateMany({ where, data: { inControl: true, viewOnly: false } });
  return given.count + taken.count > 0;
}

async function nameOf(tx: Tx, instanceId: string, kind: string, id: string): Promise<string> {
  const open = await tx.consoleSession.findFirst({
    where: { id, instanceId, kind, closedAt: null, redeemedAt: { not: null } },
    select: { session: { select: { user: { select: { name: true } } } } },
  });
  if (open) return open.session.user.name;
  throw new CloudError("InvalidState", "That console is no longer open.", { reason: "consoleGone" });
}
