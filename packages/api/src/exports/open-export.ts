/** From a request to the rows it may have. */

import { asCloudError, CloudError } from "@madang/core/errors";
import { ruleOf } from "@madang/core/identity/permission";
import { uuid } from "@madang/core/uuid";
import { asUnavailable } from "@madang/db";
import { ZodError, z } from "zod";
import { recordExport } from "../admission/record-export.ts";
import { authorise } from "../authorise.ts";
import type { Context } from "../context.ts";
import { invalidInput } from "../error-table.ts";
import { doerOf } from "../trpc.ts";
import type { AnyExport, ExportRow } from "./export.ts";
import { exportKinds } from "./index.ts";

export type OpenedExport = {
  userId: string;
  projectId: string | null;
  columns: readonly string[];
  pages: AsyncIterable<ExportRow[]>;
  /** Throws once he who asked may no longer have it. */
  judgeAgain: () => Promise<void>;
  /** Gives the place back that he took. */
  leave: () => void;
};

/** Takes a place for the person, and answers how it is given back. Throws TooManyRequests. */
export type EnterExport = (userId: string) => () => void;

/** As the address gives it: text, or a list of texts. */
export type ExportQuery = Readonly<Record<string, unknown>>;

const projectOnly = z.object({ projectId: uuid });

/**
 * Judged as the procedure that shows the same rows, before the rest of the query is looked at; `context` must look at the
 * caller anew each time. The first page is read at once, so what is wrong is told before anything is sent. Throws NotFound
 * for a name that is none, InvalidInput, Unavailable, and what `authorise` and `enter` throw.
 */
export async function openExport(
  context: Context,
  name: string,
  query: ExportQuery,
  enter: EnterExport,
): Promise<OpenedExport> {
  return await context.deps.limits.calls
    .run(context.caller, () => open(context, name, query, enter))
    .catch((error) => {
      throw error instanceof ZodError ? invalidInput(error) : asCloudError(asUnavailable(error));
    });
}

async function open(
  context: Context,
  name: string,
  query: ExportQuery,
  enter: EnterExport,
): Promise<OpenedExport> {
  const kind = Object.hasOwn(exportKinds, name) ? exportKinds[name] : undefined;
  if (!kind) throw new CloudError("NotFound", "There is no such export.", { reason: "noSuchExport" });
  const { permission, path, columns } = kind;
  const { scope } = ruleOf(permission);
  const projectId = (scope === "project" && projectOnly.safeParse(query).data?.projectId) || null;
  const judge = async () =>
    await authorise(context.deps.reads, await context.identity(), permission, projectId, path);
  const identity = await judge();
  const leave = enter(identity.userId);
  try {
    const pages = await begun(context, kind, query);
    if (scope === "system") await recordExport(context.deps, doerOf(identity, context), name, stated(query));
    const judgeAgain = async () => void (await judge());
    return { userId: identity.userId, projectId, columns, pages, judgeAgain, leave };
  } catch (error) {
    leave();
    throw error;
  }
}

async function begun({ deps }: Context, kind: AnyExport, query: ExportQuery) {
  const rest = kind.open(deps.reads, stated(query))[Symbol.asyncIterator]();
  const first = await rest.next();
  return (async function* () {
    for (let page = first; !page.done; page = await rest.next()) yield page.value;
  })();
}

/** A form sends its empty fields too. */
function stated(query: ExportQuery): ExportQuery {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ""));
}
