import { expect, test } from "vitest";
import { downAfterMs, type HypervisorView, hypervisorState } from "./state.ts";

const now = new Date(1_000_000);
const up: HypervisorView = {
  enabled: true,
  revokedAt: null,
  fencedAt: null,
  fencedBootId: null,
  bootId: "boot-1",
  lastSeenAt: now,
};
const silent = new Date(now.getTime() - downAfterMs - 1);
const fenced = { fencedAt: silent, fencedBootId: "boot-1", lastSeenAt: silent };

test.each([
  ["up", "up", {}],
  ["disabled", "disabled", { enabled: false }],
  ["silent", "down", { lastSeenAt: silent }],
  ["never heard", "joining", { lastSeenAt: null }],
  ["fenced", "fenced", fenced],
  ["fenced before it ever said its boot", "fenced", { ...fenced, bootId: null, fencedBootId: null }],
  ["another boot ended the fence", "up", { ...fenced, bootId: "boot-2", lastSeenAt: now }],
  ["a request to fence that came to nothing", "down", { ...fenced, fencedBootId: null }],
  ["revoked, whatever else", "revoked", { ...fenced, revokedAt: silent }],
])("%s", (_name, state, change) => {
  expect(hypervisorState({ ...up, ...change }, now)).toBe(state);
});
