import type { Database } from "@madang/db";
import { listPage, type Page, type PageInput } from "../list.ts";
import { sql } from "../sql.ts";

export type KeyPairItem = {
  id: string;
  name: string;
  type: string;
  fingerprint: string;
  publicKey: string;
  createdAt: Date;
};

const select = `k.id, k.name, k.type, k.fingerprint, k.public_key AS "publicKey", k.created_at AS "createdAt"`;
const sorts = {
  name: { column: "k.name", type: "text" },
  createdAt: { column: "k.created_at", type: "timestamptz" },
} as const;

export function listKeyPairs(
  database: Database,
  userId: string,
  input: PageInput,
): Promise<Page<KeyPairItem>> {
  const where = [sql`k.user_id = ${userId}::uuid`];
  const query = { select, from: "key_pair k", id: "k.id", sorts, defaultSort: "name", where, toItem };
  return listPage<KeyPairItem, KeyPairItem>(database, query, input);
}

function toItem({ id, name, type, fingerprint, publicKey, createdAt }: KeyPairItem): KeyPairItem {
  return { id, name, type, fingerprint, publicKey, createdAt };
}
