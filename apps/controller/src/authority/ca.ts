/**
 * Madang's own certificate authority. Its key is made at the controller's first start, lies in MADANG_CA (0600) and
 * is read by nobody else; the certificate beside it is public. One file holds both until they are split, so that of two
 * controllers that start at once exactly one pair wins.
 */
import "reflect-metadata";
import { randomBytes, webcrypto } from "node:crypto";
import { chmod, link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";

export type Authority = {
  key: webcrypto.CryptoKey;
  certificate: x509.X509Certificate;
  pem: string;
  /** How long what it signs for hypervisors is good, ms. */
  hypervisorLifeMs: number;
};

const caYears = 10;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
export const signatureAlgorithm = { name: "ECDSA", hash: "SHA-256" } as const;
/** Clocks of agents may be a little behind. */
export const backdateMs = 5 * 60_000;
const defaultLifeMs = 30 * 86_400_000;

/** Reads the authority, or makes it if there is none. */
export async function openAuthority(
  directory: string,
  now: Date,
  hypervisorLifeMs = defaultLifeMs,
): Promise<Authority> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const pair = join(directory, "ca.key");
  const text = (await readIfThere(pair)) ?? (await createPair(pair, now));
  const authority = await parsePair(text);
  await replaceFile(join(directory, "ca.pem"), authority.pem);
  return { ...authority, hypervisorLifeMs };
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/** `link` fails when another controller was first; then its pair is the one. */
async function createPair(path: string, now: Date): Promise<string> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}`;
  await writeFile(temporary, await generatePair(now), { mode: 0o600, flag: "wx", flush: true });
  try {
    await link(temporary, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  return readFile(path, "utf8");
}

async function generatePair(now: Date): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + caYears);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: "CN=Madang certificate authority",
    notBefore: new Date(now.getTime() - backdateMs),
    notAfter,
    keys,
    signingAlgorithm: signatureAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      new x509.Extension("2.5.29.30", true, nameConstraints),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return `${x509.PemConverter.encode(pkcs8, "PRIVATE KEY")}\n${certificate.toString("pem")}\n`;
}

/** DER of "URIs only under the host `hypervisor`": no certificate of ours can name an outside service by URI. */
const nameConstraints = Buffer.concat([
  Buffer.from([0x30, 0x10, 0xa0, 0x0e, 0x30, 0x0c, 0x86, 0x0a]),
  Buffer.from("hypervisor", "ascii"),
]);

async function parsePair(text: string): Promise<Omit<Authority, "hypervisorLifeMs">> {
  const [keyBlock, certificateBlock] = x509.PemConverter.decode(text);
  if (!keyBlock || !certificateBlock)
    throw new Error("The authority's key file is not a key and a certificate.");
  const key = await webcrypto.subtle.importKey("pkcs8", keyBlock, algorithm, false, ["sign"]);
  const certificate = new x509.X509Certificate(certificateBlock);
  return { key, certificate, pem: `${certificate.toString("pem")}\n` };
}

async function replaceFile(path: string, text: string): Promise<void> {
  if ((await readIfThere(path)) === text) return;
  const temporary = `${path}.${randomBytes(6).toString("hex")}`;
  await writeFile(temporary, text, { flag: "wx" });
  await chmod(temporary, 0o644);
  await rename(temporary, path);
}

/** 127 random bits, positive. */
export function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) & 0x7f || 1;
  return bytes.toString("hex");
}
