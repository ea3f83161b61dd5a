import { CloudError, type PublicError } from "@madang/core/errors";
import type { FilterFields } from "@madang/core/filter/field";
import { parseFilter } from "@madang/core/filter/parse";
import { testsOf } from "@madang/core/filter/test-of";

/** What the server would say of the text; null: nothing. */
export function filterFaultOf(text: string, fields: FilterFields): PublicError | null {
  try {
    for (const term of parseFilter(text)) if (term.field !== null) testsOf(term, fields, new Date());
    return null;
  } catch (error) {
    if (error instanceof CloudError) return error.toPublic();
    throw error;
  }
}

/** An answer that is about the filter's text belongs to its box. */
export function isFilterFault({ code, field }: PublicError): boolean {
  return code === "InvalidInput" && (field === "filter.text" || field === "text");
}
