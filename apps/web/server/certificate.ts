/** This process's own certificate from Madang's CA: the key is made here and never leaves; renewed after two thirds of its life. */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { requestCertificate, waitForCertificate } from "@madang/api/agent";
import * as x509 from "@peculiar/x509";
import type { Logger } from "pino";
import type { Backend } from "./backend.ts";

export type WebCertificate = {
  key: string /** Ours, then the CA's. */;
  cert: string;
  ca: string;
  notAfter: Date;
};

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const signWithinMs = 60_000;
const retryMs = 2_000;
const longestTimerMs = 2 ** 31 - 1;

/** The addresses and names by which this process is reached; a wildcard stands for every address of the machine. */
export function certificateNames(listen: string, ...urls: readonly string[]): string[] {
  const wildcard = listen === "0.0.0.0" || listen === "::";
  const own = wildcard
    ? Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address))
    : [listen];
  const named = urls.map((url) => new URL(url).hostname.replace(/^\[|\]$/g, ""));
  const loopback = ["localhost", "127.0.0.1"];
  return [...new Set([...own, ...named, ...loopback])].filter(
    (name) => isIP(name) !== 0 || !name.includes("%"),
  );
}

/** Asks until it is given; rejects only when `signal` ends. */
export async function obtainCertificate(
  backend: Backend,
  subjectId: string,
  names: readonly string[],
  log: Logger,
  signal: AbortSignal,
): Promise<WebCertificate> {
  const { key, csr } = await makeRequest(subjectId);
  const { agents: database, boss, hints, bus } = backend.agent;
  for (;;) {
    try {
      const id = await requestCertificate({ database, boss, hints }, { kind: "web", subjectId, names, csr });
      const { certificate, ca, notAfter } = await waitForCertificate(database, bus, id, signWithinMs, signal);
      return { key, cert: `${certificate}\n${ca}`, ca, notAfter };
    } catch (error) {
      if (signal.aborted) throw error;
      log.warn({ err: error }, "no certificate yet");
      await sleep(retryMs, undefined, { signal });
    }
  }
}

async function makeRequest(subjectId: string): Promise<{ key: string; csr: string }> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [`web-${subjectId}`] }],
    keys,
    signingAlgorithm: algorithm,
  });
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { key: x509.PemConverter.encode(pkcs8, "PRIVATE KEY"), csr: request.toString("pem") };
}

/** Calls `use` with each new certificate in good time before the old one ends, until the signal ends. */
export async function keepRenewed(
  first: WebCertificate,
  obtain: () => Promise<WebCertificate>,
  use: (certificate: WebCertificate) => void,
  signal: AbortSignal,
): Promise<void> {
  let { notAfter } = first;
  let began = Date.now();
  while (!signal.aborted) {
    const renewAt = began + ((notAfter.getTime() - began) * 2) / 3;
    const wait = Math.min(longestTimerMs, Math.max(0, renewAt - Date.now()));
    await sleep(wait, undefined, { signal }).catch(() => {});
    if (signal.aborted || Date.now() < renewAt) continue;
    const next = await obtain();
    use(next);
    began = Date.now();
    notAfter = next.notAfter;
  }
}
