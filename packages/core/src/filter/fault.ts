import { CloudError } from "../errors.ts";

export type FilterReason =
  | "filterTooLong"
  | "filterTooMany"
  | "filterQuote"
  | "filterNoValue"
  | "filterUnknownField"
  | "filterUnknownValue"
  | "filterComparison"
  | "filterNotNumber"
  | "filterNotDate"
  | "filterNotAddress"
  | "filterNotId"
  | "filterNotFlag";

/** The one error of filters. `position`: where in the text, from 0. */
export function filterFault(
  reason: FilterReason,
  position: number,
  params: Readonly<Record<string, string | number>> = {},
): CloudError {
  const field = "filter.text";
  return new CloudError("InvalidInput", "The filter can't be understood.", {
    ...{ reason, field },
    params: { ...params, position },
  });
}
