/** What the browser's side and the agent's side of a console agree on. */
import { randomBytes } from "node:crypto";
import type { Seal } from "./seal.ts";

/** How long an agent may take to dial, ms. */
export const consoleDialMs = 15_000;

export const closeCodes = {
  ended: 1000,
  guestNotRunning: 4000,
  ticketRefused: 4001,
  agentUnreachable: 4002,
  takenOver: 4003,
  sessionEnded: 4004,
  tooManyOpen: 4005,
} as const;

export function newConsoleSecret(): string {
  return randomBytes(32).toString("base64url");
}

export function sealConsoleSecret(seal: Seal, consoleId: string, secret: string): string {
  return seal.close(Buffer.from(secret), `console:${consoleId}`).toString("base64");
}

export function openConsoleSecret(seal: Seal, consoleId: string, sealed: string): string {
  return seal.open(Buffer.from(sealed, "base64"), `console:${consoleId}`).toString("utf8");
}
