/** Who this hypervisor is: its key, the certificate it got for it, and the authority it trusts. */
import "reflect-metadata";
import { createHash, webcrypto, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { connect, type DetailedPeerCertificate } from "node:tls";
import { CloudError } from "@madang/core/errors";
import * as x509 from "@peculiar/x509";
import { Agent } from "undici";
import { z } from "zod";
import { Unreachable } from "./route.ts";
import { readJson, writePrivate } from "./saved.ts";

const identity = z.object({
  hypervisorId: z.uuid(),
  key: z.string(),
  certificate: z.string(),
  ca: z.string(),
});
export type Identity = z.infer<typeof identity>;

const identityFile = (directory: string) => join(directory, "identity.json");

export const loadIdentity = (directory: string) => readJson(identityFile(directory), identity);
export const saveIdentity = (directory: string, value: Identity) =>
  writePrivate(identityFile(directory), JSON.stringify(value));

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A new P-256 key, which never leaves this machine, and a request that proves it. Both PEM. */
export async function makeRequest(name: string): Promise<{ key: string; csr: string }> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [name] }],
    keys,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
  });
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { key: x509.PemConverter.encode(pkcs8, "PRIVATE KEY"), csr: request.toString("pem") };
}

/** Connections that trust only Madang's authority; with an identity they prove who is calling. */
export function connector(trust: { ca: string; certificate?: string; key?: string }): Agent {
  const { ca, certificate: cert, key } = trust;
  return new Agent({ connect: { ca, minVersion: "TLSv1.3", ...(cert && key ? { cert, key } : {}) } });
}

const handshakeMs = 10_000;

/**
 * The authority the server presents, PEM, if it is the one whose fingerprint is known. Nothing is sent on this
 * connection, and nothing else of it is believed: the token goes only over a next one that trusts this authority alone.
 */
export async function pinnedAuthority(url: string, fingerprint: string): Promise<string> {
  const chain = await presentedChain(new URL(url)).catch((error) => {
    throw new Unreachable(error);
  });
  const found = chain.find((der) => createHash("sha256").update(der).digest("hex") === fingerprint);
  if (found) return new X509Certificate(found).toString();
  throw new CloudError(
    "Unauthenticated",
    "The server does not belong to the authority with this fingerprint.",
    {
      reason: "foreignAuthority",
      retry: "never",
      detail: `${chain.length} certificates presented by ${url}`,
    },
  );
}

function presentedChain(url: URL): Promise<Buffer[]> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer[]>();
  const socket = connect({
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || 443),
    rejectUnauthorized: false,
    minVersion: "TLSv1.3",
    timeout: handshakeMs,
  });
  socket.once("secureConnect", () => resolve(certificatesOf(socket.getPeerCertificate(true))));
  socket.once("timeout", () => reject(new Error("no TLS handshake in time")));
  socket.once("error", reject);
  return promise.finally(() => socket.destroy());
}

function certificatesOf(leaf: DetailedPeerCertificate): Buffer[] {
  const chain: Buffer[] = [];
  let current: DetailedPeerCertificate | undefined = leaf;
  while (current?.raw && !chain.some((der) => der.equals(current?.raw ?? Buffer.alloc(0)))) {
    chain.push(current.raw);
    current = current.issuerCertificate;
  }
  return chain;
}

/** When a third of a certificate's life is over, ms since the epoch. */
export function renewalTime(certificate: string): number {
  const { validFrom, validTo } = new X509Certificate(certificate);
  const from = Date.parse(validFrom);
  return from + (Date.parse(validTo) - from) / 3;
}
