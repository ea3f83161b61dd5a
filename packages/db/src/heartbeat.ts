/** Each process keeps its own row fresh; health and the administrator read them. */
import { hostname } from "node:os";
import type { Database } from "./client.ts";

export const heartbeatMs = 3_000;
/** Older than this and a process counts as gone, ms. */
export const goneAfterMs = 12_000;

export type Heartbeat = { id: string; stop: () => Promise<void> };

export async function startHeartbeat(
  { prisma, now, readClock }: Database,
  kind: "web" | "controller",
  version: string,
  pid: number,
  detail: () => Record<string, string | number | boolean> = () => ({}),
): Promise<Heartbeat> {
  const id = crypto.randomUUID();
  const startedAt = await readClock();
  const beat = () => {
    const data = {
      kind,
      host: hostname(),
      pid,
      version,
      startedAt,
      lastSeenAt: now(),
      detail: detail(),
    };
    return prisma.process.upsert({ where: { id }, create: { id, ...data }, update: data });
  };
  await beat();
  await prisma.process.deleteMany({ where: { lastSeenAt: { lt: new Date(now().getTime() - 86_400_000) } } });
  const timer = setInterval(() => beat().catch(() => {}), heartbeatMs);
  const stop = async () => {
    clearInterval(timer);
    await prisma.process.deleteMany({ where: { id } }).catch(() => {});
  };
  return { id, stop };
}
