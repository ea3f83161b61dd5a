import "reflect-metadata";
import { webcrypto, X509Certificate } from "node:crypto";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect, type TLSSocket } from "node:tls";
import * as x509 from "@peculiar/x509";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Authority, openAuthority } from "./ca.ts";
import { type CertificateRequest, issueCertificate } from "./issue.ts";

const subjectId = "0199c3f2-6f0e-7c3a-9d55-3a0f5f6f1a10";
type KeyAlgorithm = { name: string; hash: string; namedCurve: string } | ReturnType<typeof rsa>;
const p256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const rsa = (modulusLength: number) => ({
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  modulusLength,
  publicExponent: new Uint8Array([1, 0, 1]),
});

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "madang-ca-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const open = () => openAuthority(directory, new Date());

async function makeRequest(algorithm: KeyAlgorithm = p256) {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: "CN=madang://hypervisor/somebody-else",
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: "evil.example" }])],
  });
  const key = x509.PemConverter.encode(
    await webcrypto.subtle.exportKey("pkcs8", keys.privateKey),
    "PRIVATE KEY",
  );
  return { key, csr: csr.toString("pem") };
}

const issue = (authority: Authority, change: Partial<CertificateRequest> & { csr: string }) =>
  issueCertificate(authority, { kind: "hypervisor", subjectId, names: [], ...change }, new Date());

describe("the authority", () => {
  it("is made once, its key readable by nobody else, its certificate by all", async () => {
    const first = await open();
    const again = await open();
    expect(again.pem).toBe(first.pem);
    expect((await stat(join(directory, "ca.key"))).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, "ca.pem"))).mode & 0o777).toBe(0o644);
    const certificate = new X509Certificate(first.pem);
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  });

  it("is one, however many controllers start at once", async () => {
    const all = await Promise.all(Array.from({ length: 8 }, open));
    expect(new Set(all.map(({ pem }) => pem)).size).toBe(1);
  });
});

describe("a certificate", () => {
  it("names the hypervisor of the row, whatever the request says", async () => {
    const authority = await open();
    const { csr } = await makeRequest();
    const { pem, serial, notAfter } = await issue(authority, { csr });
    const certificate = new X509Certificate(pem);
    expect(certificate.subjectAltName).toBe(`URI:madang://hypervisor/${subjectId}`);
    expect(certificate.serialNumber.toLowerCase()).toBe(serial);
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(certificate.checkIssued(new X509Certificate(authority.pem))).toBe(true);
    const days = (notAfter.getTime() - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.9);
    expect(days).toBeLessThanOrEqual(30);
  });

  it("lets a server and an agent believe each other over TLS 1.3", async () => {
    const authority = await open();
    const web = await makeRequest();
    const agent = await makeRequest();
    const names = ["127.0.0.1", "localhost"];
    const served = await issue(authority, { kind: "web", names, csr: web.csr });
    const proved = await issue(authority, { csr: agent.csr });
    const server = createServer(
      { key: web.key, cert: served.pem, ca: authority.pem, requestCert: true, rejectUnauthorized: true },
      (request, response) => {
        const { subjectaltname } = (request.socket as TLSSocket).getPeerCertificate();
        response.end(subjectaltname);
      },
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const socket = connect({
        host: "127.0.0.1",
        port,
        ca: authority.pem,
        cert: proved.pem,
        key: agent.key,
      });
      socket.end("GET / HTTP/1.0\r\n\r\n");
      const answer = await text(socket);
      expect(answer).toContain(`URI:madang://hypervisor/${subjectId}`);
    } finally {
      server.close();
    }
  });

  it("is refused for what is no request, not proved, or has a weak key", async () => {
    const authority = await open();
    await expect(issue(authority, { csr: "nonsense" })).rejects.toMatchObject({ code: "InvalidInput" });

    const { csr } = await makeRequest();
    const bytes = Buffer.from(x509.PemConverter.decodeFirst(csr));
    bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 0xff;
    const forged = x509.PemConverter.encode(new Uint8Array(bytes), "CERTIFICATE REQUEST");
    await expect(issue(authority, { csr: forged })).rejects.toMatchObject({ code: "InvalidInput" });

    const weak = await makeRequest(rsa(1_024));
    await expect(issue(authority, { csr: weak.csr })).rejects.toThrow(/P-256/);
    const otherCurve = await makeRequest({ ...p256, namedCurve: "P-384" });
    await expect(issue(authority, { csr: otherCurve.csr })).rejects.toThrow(/P-256/);
    const strong = await makeRequest(rsa(2_048));
    await expect(issue(authority, { csr: strong.csr })).resolves.toHaveProperty("pem");
  });

  it("for the web needs names that are names", async () => {
    const authority = await open();
    const { csr } = await makeRequest();
    for (const names of [[], ["not a name"], ["-x.example"], ["a..b"]])
      await expect(issue(authority, { kind: "web", names, csr })).rejects.toMatchObject({
        code: "InvalidInput",
      });
    const { pem } = await issue(authority, { kind: "web", names: ["::1", "portal.example"], csr });
    expect(new X509Certificate(pem).subjectAltName).toBe("IP Address:0:0:0:0:0:0:0:1, DNS:portal.example");
  });
});
