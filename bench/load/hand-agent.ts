/** A hypervisor that says what it is told to: it joins and speaks as any agent does, over the agent's own link. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReportInput, Snapshot } from "@madang/core/wire/agent";
import type { GuestReport, GuestSpec } from "@madang/core/wire/guest";
import { pino } from "pino";
import { type Link, openLink } from "../../apps/agent/src/link/client.ts";
import { ensureIdentity } from "../../apps/agent/src/link/join.ts";
import { openRoute } from "../../apps/agent/src/link/route.ts";
import { connector } from "../../apps/agent/src/link/tls.ts";
import type { Api } from "../../e2e/stack/api.ts";

export type HandAgent = {
  hypervisorId: string;
  /** What is ordered now, waiting until `expected` holds. */
  ordered: (expected: (guests: readonly GuestSpec[]) => boolean) => Promise<readonly GuestSpec[]>;
  /** Resolves when the report was taken. */
  say: (guests: readonly GuestReport[]) => Promise<void>;
  close: () => Promise<void>;
};

const inventory = { vcpus: 8, ramMib: 16_384, diskGib: 500, cpuModel: "bench", kernel: "bench" };
const capabilities = {
  graphicalConsole: false,
  serialConsole: false,
  consoleLog: false,
  realDisks: false,
  acceleration: "none",
} as const;

export async function joinByHand(admin: Api, name: string): Promise<HandAgent> {
  const directory = await mkdtemp(join(tmpdir(), "madang-hand-"));
  const { command } = await admin.mutate<{ command: string }>("admin.hypervisor.createJoinToken");
  const word = (flag: string) => command.split(` --${flag} `)[1]?.split(" ")[0] ?? "";
  const [url, token, caFingerprint] = [word("url"), word("token"), word("ca-fingerprint")] as const;
  const log = pino({ level: "silent" });
  const identity = await ensureIdentity({
    directory,
    urls: [url],
    token,
    caFingerprint,
    name,
    driver: "simulated",
    log,
  });
  const connection = connector(identity);
  const close = async () => {
    await connection.destroy();
    await rm(directory, { recursive: true, force: true });
  };
  return {
    hypervisorId: identity.hypervisorId,
    ...speak(openLink(openRoute([url], log), connection)),
    close,
  };
}

function speak(link: Link): Pick<HandAgent, "ordered" | "say"> {
  const bootId = crypto.randomUUID();
  const agentStartedAt = new Date().toISOString();
  let sequence = 0;
  const base = {
    version: 1,
    bootId,
    agentStartedAt,
    agentVersion: "bench",
    driver: "simulated",
    capabilities,
    inventory,
  } as const;
  const say = (guests: readonly GuestReport[]) => {
    const report: ReportInput = {
      ...base,
      sequence: sequence++,
      guests: [...guests],
      orphans: [],
      complete: true,
    };
    return link.report(report);
  };
  const ordered: HandAgent["ordered"] = async (expected) => {
    let known: Snapshot | null = null;
    const limit = AbortSignal.timeout(60_000);
    while (!known || !expected(known.guests))
      known = await link.pull({ version: 1, bootId, revision: known?.revision ?? null }, limit);
    return known.guests;
  };
  return { ordered, say };
}
