"use client";

import { useTranslations } from "next-intl";

type Value = string | number | boolean | null;

/** What an act changed: each field with what it was and what it is. */
export function ChangedValues({ changes }: { changes: Readonly<Record<string, readonly [Value, Value]>> }) {
  const t = useTranslations("audit");
  const fields = Object.entries(changes);
  if (fields.length === 0) return null;
  return (
    <section className="flex flex-col gap-2" aria-label={t("changes")}>
      <h3 className="text-table font-semibold">{t("changes")}</h3>
      <table className="w-full table-fixed text-label">
        <thead className="text-left text-muted">
          <tr>
            <th scope="col" className="py-1 pr-2 font-medium">
              {t("changedField")}
            </th>
            <th scope="col" className="py-1 pr-2 font-medium">
              {t("before")}
            </th>
            <th scope="col" className="py-1 font-medium">
              {t("after")}
            </th>
          </tr>
        </thead>
        <tbody>
          {fields.map(([field, [before, after]]) => (
            <tr key={field} className="border-t align-top">
              <th scope="row" className="py-1.5 pr-2 text-left font-medium break-words">
                {field}
              </th>
              <td className="py-1.5 pr-2 font-mono break-words text-muted">{valueText(before)}</td>
              <td className="py-1.5 font-mono break-words">{valueText(after)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function valueText(value: Value): string {
  return value === null || value === "" ? "–" : String(value);
}
