import { transaction } from "@madang/db";
import type { Doer } from "../context.ts";
import type { AdmissionDeps } from "../deps.ts";
import { recordEvent } from "./record.ts";

const nilUuid = "00000000-0000-0000-0000-000000000000";

/** Who took rows of the whole cloud away, and which; `query` is what was parsed already. */
export async function recordExport(
  deps: AdmissionDeps,
  actor: Doer,
  name: string,
  query: Readonly<Record<string, unknown>>,
): Promise<void> {
  const subject = { kind: "export", id: nilUuid, name, projectId: null };
  const filter = Object.keys(query).length > 0 ? JSON.stringify(query) : "";
  await transaction(deps.admission.prisma, (tx) =>
    recordEvent(tx, { actor, subject, action: "export.open", params: { filter } }),
  );
  deps.hints.publish("event");
}
