/** An authority and a web server's and hypervisor's certificates for the agent's tests. */
import "reflect-metadata";
import { createHash, webcrypto, X509Certificate } from "node:crypto";
import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:https";
import * as x509 from "@peculiar/x509";
import { makeRequest } from "../link/tls.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const dayMs = 86_400_000;

export type TestAuthority = {
  pem: string;
  fingerprint: string;
  /** A certificate for a request, from `start` for `days`. */
  sign: (csr: string, name: x509.JsonGeneralName, start?: number, days?: number) => Promise<string>;
};

export async function makeAuthority(): Promise<TestAuthority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=test authority",
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + dayMs),
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  });
  const pem = root.toString("pem");
  const sign: TestAuthority["sign"] = async (csr, name, start = Date.now() - 60_000, days = 1) => {
    const certificate = await x509.X509CertificateGenerator.create({
      subject: "CN=test",
      issuer: root.subject,
      publicKey: new x509.Pkcs10CertificateRequest(csr).publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: algorithm,
      notBefore: new Date(start),
      notAfter: new Date(start + days * dayMs),
      extensions: [new x509.SubjectAlternativeNameExtension([name])],
    });
    return certificate.toString("pem");
  };
  const fingerprint = createHash("sha256").update(new X509Certificate(pem).raw).digest("hex");
  return { pem, fingerprint, sign };
}

export type TestServer = { url: string; server: Server; close: () => Promise<void> };

/** An https server on 127.0.0.1 as the agent port is: presents its authority, asks for a certificate. */
export async function serve(authority: TestAuthority, listener: RequestListener): Promise<TestServer> {
  const { key, csr } = await makeRequest("web");
  const leaf = await authority.sign(csr, { type: "ip", value: "127.0.0.1" });
  const server = createServer(
    {
      key,
      cert: `${leaf}\n${authority.pem}`,
      ca: authority.pem,
      requestCert: true,
      rejectUnauthorized: false,
    },
    listener,
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `https://127.0.0.1:${address.port}`, server, close };
}
