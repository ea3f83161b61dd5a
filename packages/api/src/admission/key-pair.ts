import { CloudError } from "@madang/core/errors";
import { lockUser, type Tx, transaction } from "@madang/db";
import { requireProject } from "../authorise.ts";
import type { Actor } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import type { KeyPairItem } from "../reads/key-pair.ts";
import { generateKey, type PublicKey, parsePublicKey } from "../ssh-key.ts";
import { lockOpenProject } from "./open-project.ts";
import { requireRoom } from "./quota-room.ts";
import { recordEvent } from "./record.ts";
import { claimIds } from "./resource-id.ts";

/** `projectId`: whose `key_pairs` quota counts; the key pair itself is the person's. */
export type NewKeyPair = { id: string; name: string; projectId: string };

/** Throws InvalidInput, NotFound, Conflict, QuotaExceeded. */
export async function importKeyPair(
  deps: AdmissionDeps,
  actor: Actor,
  input: NewKeyPair & { publicKey: string },
): Promise<KeyPairItem> {
  return await store(deps, actor, input, parsePublicKey(input.publicKey));
}

/** The private half is in this answer and nowhere else; asking again with the same id can't show it again. */
export async function generateKeyPair(
  deps: AdmissionDeps,
  actor: Actor,
  input: NewKeyPair & { type: "ed25519" | "rsa" },
): Promise<KeyPairItem & { privateKey: string }> {
  const { privateKey, ...publicKey } = await generateKey(input.type, input.name);
  return { ...(await store(deps, actor, input, publicKey)), privateKey };
}

async function store(
  deps: AdmissionDeps,
  actor: Actor,
  input: NewKeyPair,
  key: PublicKey,
): Promise<KeyPairItem> {
  await requireProject(deps.admission, actor, input.projectId);
  const item = await deps.admissions.run(input.projectId, () =>
    transaction(deps.admission.prisma, (tx) => admit(deps, tx, actor, input, key)),
  );
  deps.hints.publish("event");
  return item;
}

async function admit(
  deps: AdmissionDeps,
  tx: Tx,
  actor: Actor,
  input: NewKeyPair,
  key: PublicKey,
): Promise<KeyPairItem> {
  await lockOpenProject(tx, actor, input.projectId);
  await lockUser(tx, actor.userId);
  const bodyHash = deps.seal.mark(JSON.stringify(["key_pair", actor.userId, input.name, key.publicKey]));
  const claim = { id: input.id, kind: "key_pair", projectId: input.projectId, bodyHash };
  if ((await claimIds(tx, [claim])) === "repeat") return await storedBefore(tx, input.id);
  await requireRoom(tx, actor, input.projectId, { key_pairs: 1 });
  await requireFreeName(tx, actor.userId, input.name);
  const row = await tx.keyPair.create({
    data: { id: input.id, userId: actor.userId, name: input.name, ...key },
  });
  const subject = { kind: "key_pair", id: row.id, name: row.name, projectId: input.projectId };
  await recordEvent(tx, {
    actor,
    subject,
    action: "key_pair.create",
    params: { fingerprint: row.fingerprint },
  });
  return itemOf(row);
}

/** One that was deleted since stays deleted: an id is never used again. */
async function storedBefore(tx: Tx, id: string): Promise<KeyPairItem> {
  const known = await tx.keyPair.findUnique({ where: { id } });
  if (known) return itemOf(known);
  throw new CloudError("NotFound", "There is no such key pair.", { reason: "keyPairNotFound" });
}

async function requireFreeName(tx: Tx, userId: string, name: string): Promise<void> {
  const taken = await tx.keyPair.findUnique({
    where: { userId_name: { userId, name } },
    select: { id: true },
  });
  if (!taken) return;
  throw new CloudError("Conflict", "You already have a key pair of this name.", {
    reason: "nameTaken",
    field: "name",
  });
}

function itemOf({ id, name, type, fingerprint, publicKey, createdAt }: KeyPairItem): KeyPairItem {
  return { id, name, type, fingerprint, publicKey, createdAt };
}

/** Instances keep the copy they were launched with. Throws NotFound. */
export async function deleteKeyPair(deps: AdmissionDeps, actor: Actor, id: string): Promise<void> {
  await transaction(deps.admission.prisma, async (tx) => {
    await lockUser(tx, actor.userId);
    const keyPair = await tx.keyPair.findFirst({ where: { id, userId: actor.userId } });
    if (!keyPair)
      throw new CloudError("NotFound", "There is no such key pair.", { reason: "keyPairNotFound" });
    await tx.keyPair.delete({ where: { id } });
    const subject = { kind: "key_pair", id, name: keyPair.name, projectId: null };
    await recordEvent(tx, { actor, subject, action: "key_pair.delete" });
  });
  deps.hints.publish("event");
}
