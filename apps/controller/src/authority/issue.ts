/**
 * Issues one certificate for a request. The names in it come from the row, never from the request: a hypervisor gets
 * its own id whatever its CSR says.
 */
import { createPublicKey } from "node:crypto";
import { isIP } from "node:net";
import { CloudError } from "@madang/core/errors";
import * as x509 from "@peculiar/x509";
import { type Authority, backdateMs, newSerial, signatureAlgorithm } from "./ca.ts";

export type CertificateRequest = {
  kind: "web" | "hypervisor";
  subjectId: string;
  names: string[];
  csr: string;
};
export type IssuedCertificate = { pem: string; serial: string; notAfter: Date };

const webLifeMs = 90 * 86_400_000;
const rsaBits = 2048;

/** Throws InvalidInput, never retried, when the request is malformed, unproved, or its key too weak. */
export async function issueCertificate(
  authority: Authority,
  request: CertificateRequest,
  now: Date,
): Promise<IssuedCertificate> {
  const csr = await verifiedRequest(request.csr);
  const lifeMs = request.kind === "web" ? webLifeMs : authority.hypervisorLifeMs;
  const notAfter = new Date(Math.min(now.getTime() + lifeMs, authority.certificate.notAfter.getTime()));
  const serial = newSerial();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    subject: `CN=${request.kind}-${request.subjectId}`,
    issuer: authority.certificate.subject,
    // A short life must not begin used up.
    notBefore: new Date(now.getTime() - Math.min(backdateMs, lifeMs / 10)),
    notAfter,
    publicKey: csr.publicKey,
    signingKey: authority.key,
    signingAlgorithm: signatureAlgorithm,
    extensions: await extensionsFor(authority, request, csr),
  });
  return { pem: `${certificate.toString("pem")}\n`, serial, notAfter };
}

async function extensionsFor(
  authority: Authority,
  request: CertificateRequest,
  csr: x509.Pkcs10CertificateRequest,
): Promise<x509.Extension[]> {
  const usage = request.kind === "web" ? "serverAuth" : "clientAuth";
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[usage]]),
    new x509.SubjectAlternativeNameExtension(alternativeNames(request)),
    await x509.SubjectKeyIdentifierExtension.create(csr.publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
  ];
}

const dnsName = /^(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

function alternativeNames({ kind, subjectId, names }: CertificateRequest): x509.JsonGeneralName[] {
  if (kind === "hypervisor") return [{ type: "url", value: `madang://hypervisor/${subjectId}` }];
  if (names.length === 0) throw refused("A web certificate must name at least one address.");
  return names.map((value) => {
    if (isIP(value)) return { type: "ip", value };
    if (dnsName.test(value)) return { type: "dns", value };
    throw refused("A name in the request is neither a DNS name nor an address.");
  });
}

async function verifiedRequest(pem: string): Promise<x509.Pkcs10CertificateRequest> {
  const csr = parseRequest(pem);
  const proved = await csr.verify().catch(() => false);
  if (!proved) throw refused("The request's signature does not match its key.");
  requireStrongKey(csr);
  return csr;
}

function parseRequest(pem: string): x509.Pkcs10CertificateRequest {
  try {
    return new x509.Pkcs10CertificateRequest(pem);
  } catch {
    throw refused("This is no certificate request.");
  }
}

function requireStrongKey(csr: x509.Pkcs10CertificateRequest): void {
  const key = createPublicKey({ key: Buffer.from(csr.publicKey.rawData), format: "der", type: "spki" });
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  const strong =
    (key.asymmetricKeyType === "ec" && namedCurve === "prime256v1") ||
    (key.asymmetricKeyType === "rsa" && (modulusLength ?? 0) >= rsaBits);
  if (!strong) throw refused("The key must be P-256, or RSA with at least 2048 bits.");
}

function refused(message: string): CloudError {
  return new CloudError("InvalidInput", message, { reason: "certificateRequest", retry: "never" });
}
