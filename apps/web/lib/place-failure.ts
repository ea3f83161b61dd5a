import { errorText, type Translate } from "./error-text.ts";
import type { Failure } from "./failure.ts";

/** Where in a form a failure belongs: the words at one of its `fields`, or the rest, which is told above them. */
export function placeFailure(t: Translate, failure: Failure | null, fields: readonly string[]) {
  const field = failure?.error.field;
  const known = field !== undefined && fields.includes(field);
  return {
    at: (...names: string[]) =>
      failure && known && names.includes(field) ? errorText(t, failure.error) : undefined,
    rest: known ? null : failure,
  };
}
