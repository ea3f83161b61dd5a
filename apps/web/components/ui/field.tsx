"use client";

import { CircleAlert } from "lucide-react";
import { type ReactElement, type ReactNode, useId } from "react";
import { cn } from "./class-names.ts";

export const inputLook =
  "block w-full rounded-control border border-line-strong/60 bg-surface px-2.5 text-body text-text placeholder:text-muted/80 transition-colors duration-150 hover:border-line-strong focus:border-accent focus:outline-2 focus:outline-offset-0 focus:outline-accent aria-invalid:border-danger dark:bg-sunken";

type ControlProps = {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean | undefined;
};
type FieldProps = {
  label: ReactNode;
  help?: ReactNode;
  error?: ReactNode;
  optional?: ReactNode;
  className?: string;
  children: (control: ControlProps) => ReactElement;
};

/** Label above, help below; an error takes the place of the help. */
export function Field({ label, help, error, optional, className, children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const note = error ?? help;
  return (
    <div className={cn("flex flex-col gap-1.5", className)}>
      <label htmlFor={id} className="text-table font-medium">
        {label}
        {optional ? <span className="ml-1.5 font-normal text-muted">{optional}</span> : null}
      </label>
      {children({
        id,
        "aria-describedby": note ? noteId : undefined,
        "aria-invalid": error ? true : undefined,
      })}
      {note ? (
        <Note id={noteId} isError={Boolean(error)}>
          {note}
        </Note>
      ) : null}
    </div>
  );
}

function Note({ id, isError, children }: { id: string; isError: boolean; children: ReactNode }) {
  if (!isError)
    return (
      <p id={id} className="text-label text-muted">
        {children}
      </p>
    );
  return (
    <p id={id} role="alert" className="flex items-start gap-1 text-label text-danger">
      <CircleAlert aria-hidden className="mt-px size-3.5 shrink-0" />
      <span>{children}</span>
    </p>
  );
}
