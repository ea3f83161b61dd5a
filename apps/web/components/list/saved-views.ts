/** Views of a list that a person gave a name: what their addresses say after the question mark. Kept in this browser. */
import { z } from "zod";
import { hiddenText } from "./table-look.ts";

export const mostViews = 50;
export const viewName = z.string().trim().min(1).max(60);
const savedView = z.object({ name: viewName, query: z.string().max(4_000) });
export const savedViews = z.array(savedView).max(mostViews);
export type SavedView = z.infer<typeof savedView>;

/** All of the present view, the columns too; not the row that happens to be open. */
export function viewQuery(search: string, hidden: readonly string[]): string {
  const query = new URLSearchParams(search);
  query.delete("selected");
  query.set("hide", hiddenText(hidden));
  query.sort();
  return query.toString();
}

/** One of the same name is replaced. */
export function withView(views: readonly SavedView[], view: SavedView): SavedView[] {
  return [...withoutView(views, view.name), view].toSorted((left, right) =>
    left.name.localeCompare(right.name),
  );
}

export function withoutView(views: readonly SavedView[], name: string): SavedView[] {
  return views.filter((one) => one.name !== name);
}
