/** Each process keeps its own row fresh; health and the administrator read them. */
import { hostname } from "node:os";
import type { Prisma } from "./client.ts";

export const heartbeatMs = 3_000;
/** Older than this and a process counts as gone, ms. */
export const goneAfterMs = 12_000;

export type Heartbeat = { id: string; stop: () => Promise<void> };

export async function startHeartbeat(
  prisma: Prisma,
  kind: "web" | "controller",
  version: string,
  pid: number,
  detail: () => Record<string, string | number | boolean> = () => ({}),
): Promise<Heartbeat> {
  const id = crypto.randomUUID();
  const startedAt = new Date();
  const beat = () => {
    const data = {
      kind,
      host: hostname(),
      pid,
      version,
      startedAt,
      lastSeenAt: new Date(),
      detail: detail(),
    };
    return prisma.process.upsert({ where: { id }, create: { id, ...data }, update: data });
  };
  await beat();
  await prisma.process.deleteMany({ where: { lastSeenAt: { lt: new Date(Date.now() - 86_400_000) } } });
  const timer = setInterval(() => beat().catch(() => {}), heartbeatMs);
  const stop = async () => {
    clearInterval(timer);
    await prisma.process.deleteMany({ where: { id } }).catch(() => {});
  };
  return { id, stop };
}
