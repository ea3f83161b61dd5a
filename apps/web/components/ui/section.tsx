import type { ReactNode } from "react";

/** A headed part of a form. */
export function Section({
  title,
  about,
  children,
}: {
  title: string;
  about?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="flex flex-col gap-4">
      <div className="flex flex-col gap-1 border-b pb-2">
        <h2 className="text-lead font-semibold">{title}</h2>
        {about ? <p className="text-table text-muted">{about}</p> : null}
      </div>
      {children}
    </section>
  );
}
