/** What somebody with a hypervisor's saved key and certificate can do by hand, without any of the agent's code. */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { z } from "zod";

const saved = z.object({ hypervisorId: z.uuid(), key: z.string(), certificate: z.string(), ca: z.string() });
export type SavedIdentity = z.infer<typeof saved>;

export async function savedIdentity(directory: string): Promise<SavedIdentity> {
  return saved.parse(JSON.parse(await readFile(join(directory, "identity.json"), "utf8")));
}

export const serialOf = ({ certificate }: SavedIdentity) => new X509Certificate(certificate).serialNumber;
export const endOf = ({ certificate }: SavedIdentity) => Date.parse(new X509Certificate(certificate).validTo);

type Call = { method?: string; headers?: Record<string, string>; body?: object };

/** A new TLS connection for each call; answers the status and what was said. */
export function callAs(
  { key, certificate: cert, ca }: SavedIdentity,
  url: string,
  { method = "GET", headers = {}, body }: Call = {},
): Promise<{ status: number; text: string }> {
  const type = body ? { "content-type": "application/json" } : {};
  const options = { method, agent: false, key, cert, ca, headers: { ...type, ...headers } };
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      );
    });
    sent.once("upgrade", (_response, socket) => {
      socket.destroy();
      resolve({ status: 101, text: "" });
    });
    sent.once("error", reject);
    sent.end(body ? JSON.stringify(body) : undefined);
  });
}

const pulled = z.object({
  result: z.object({ data: z.object({ json: z.object({ revision: z.string() }) }) }),
});

/** The long poll; held open while `revision` is what it would answer. */
export function pullAs(identity: SavedIdentity, agentUrl: string, revision: string | null = null) {
  const input = { json: { version: 1, bootId: crypto.randomUUID(), revision } };
  return callAs(identity, `${agentUrl}/trpc/pull?input=${encodeURIComponent(JSON.stringify(input))}`);
}

export const revisionOf = (text: string) => pulled.parse(JSON.parse(text)).result.data.json.revision;
