/**
 * How this machine becomes a hypervisor of the cloud, once: it makes its key, makes sure by the fingerprint that it
 * speaks to the right cloud, trades a one-time token for a certificate, and later renews that in time.
 */
import { X509Certificate } from "node:crypto";
import { rm } from "node:fs/promises";
import { join as joinPath } from "node:path";
import { CloudError } from "@madang/core/errors";
import type { Logger } from "pino";
import { z } from "zod";
import { openLink } from "./client.ts";
import { openRoute } from "./route.ts";
import { readJson, writePrivate } from "./saved.ts";
import {
  connector,
  type Identity,
  loadIdentity,
  makeRequest,
  pinnedAuthority,
  renewalTime,
  saveIdentity,
} from "./tls.ts";

export type JoinOptions = {
  directory: string;
  /** Of the agent ports; the first that answers is used. */
  urls: readonly string[];
  token: string | null;
  caFingerprint: string | null;
  name: string;
  driver: string;
  log: Logger;
};

/** The identity that is here already, or a new one. Throws Unauthenticated when there is nothing to join with. */
export async function ensureIdentity(options: JoinOptions): Promise<Identity> {
  const saved = await loadIdentity(options.directory);
  if (saved && Date.parse(new X509Certificate(saved.certificate).validTo) > Date.now()) return saved;
  return join(options);
}

async function join({ token, caFingerprint, ...options }: JoinOptions): Promise<Identity> {
  if (!token || !caFingerprint)
    throw new CloudError("Unauthenticated", "This hypervisor has not joined yet: it needs a join token.", {
      reason: "joinToken",
      detail: "Set MADANG_JOIN_TOKEN and MADANG_CA_FINGERPRINT, from the portal's page of hypervisors.",
    });
  const route = openRoute(options.urls, options.log);
  const ca = await route.through((base) => pinnedAuthority(base, caFingerprint));
  const { key, csr } = await keptRequest(options.directory, options.name);
  const connection = connector({ ca });
  try {
    const link = openLink(route, connection);
    const answer = await link.join({ token, csr, name: options.name, driver: options.driver });
    const identity = { hypervisorId: answer.hypervisorId, key, certificate: answer.certificate, ca };
    await saveIdentity(options.directory, identity);
    await rm(joinPath(options.directory, "joining.json"), { force: true });
    options.log.info({ hypervisorId: identity.hypervisorId, name: options.name }, "joined");
    return identity;
  } finally {
    await connection.close();
  }
}

const request = z.object({ key: z.string(), csr: z.string() });

/** The same request until it is answered: one who asks again with it is known to be the one whom the token let in. */
async function keptRequest(directory: string, name: string): Promise<z.infer<typeof request>> {
  const path = joinPath(directory, "joining.json");
  const kept = await readJson(path, request);
  if (kept) return kept;
  const made = await makeRequest(name);
  await writePrivate(path, JSON.stringify(made));
  return made;
}

/** Often enough to get a short-lived one renewed in time, too. */
function retryMs(certificate: string): number {
  const { validFrom, validTo } = new X509Certificate(certificate);
  return Math.min(longestRetryMs, (Date.parse(validTo) - Date.parse(validFrom)) / 20);
}

export type Renewal = { stop: () => void };

const longestRetryMs = 60_000;
/** A longer timer than this would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** Renews, with a new key, whenever a third of the certificate's life is over; `use` makes the new identity the one. */
export function startRenewal(
  deps: {
    directory: string;
    identity: () => Identity;
    renew: (csr: string) => Promise<string>;
    use: (identity: Identity) => void;
    log: Logger;
  },
  now: () => number = Date.now,
): Renewal {
  let timer: NodeJS.Timeout;
  const renew = async () => {
    const old = deps.identity();
    if (now() < renewalTime(old.certificate)) return arm(0);
    try {
      const { key, csr } = await makeRequest(old.hypervisorId);
      const next = { ...old, key, certificate: await deps.renew(csr) };
      await saveIdentity(deps.directory, next);
      deps.use(next);
      deps.log.info({ hypervisorId: next.hypervisorId }, "certificate renewed");
    } catch (error) {
      deps.log.warn({ err: error }, "certificate could not be renewed yet");
    }
    // Also after a success: a clock that is far ahead takes every certificate for an old one.
    arm(retryMs(deps.identity().certificate));
  };
  const arm = (atLeast: number) => {
    const wait = renewalTime(deps.identity().certificate) - now();
    timer = setTimeout(() => void renew(), Math.min(longestTimerMs, Math.max(atLeast, wait, 0)));
  };
  arm(0);
  return { stop: () => clearTimeout(timer) };
}
