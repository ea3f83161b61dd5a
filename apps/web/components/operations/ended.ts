/** What of a list tells whether it is over. */
export type Ending = { id: string; createdAt: Date; finishedAt: Date | null };
/** Whether each operation that was seen is over. */
export type Seen = ReadonlyMap<string, boolean>;

const kept = 200;

/** Those that others have pushed off the page are kept in mind for a while. */
export function seenNow(items: readonly Ending[], before: Seen | null): Seen {
  const now = items.map(({ id, finishedAt }) => [id, finishedAt !== null] as const);
  return new Map([...(before ?? []), ...now].slice(-kept));
}

/**
 * Those of a page, newest first, that ended since it was last looked at: that ran and run no more, or that were begun and
 * over in between. What was over before the first look, or comes up again because newer ones went away, is none.
 */
export function endedSince<Item extends Ending>(items: readonly Item[], before: Seen | null): Item[] {
  if (before === null) return [];
  const newestKnown = items.find(({ id }) => before.has(id));
  const isNew = ({ createdAt }: Item) => !newestKnown || createdAt >= newestKnown.createdAt;
  return items.filter((item) => {
    const known = before.get(item.id);
    return item.finishedAt !== null && known !== true && (known === false || isNew(item));
  });
}
