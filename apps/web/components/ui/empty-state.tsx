import type { ReactNode } from "react";

type EmptyStateProps = {
  heading?: "h1" | "h2";
  drawing?: ReactNode;
  title: string;
  about?: ReactNode;
  children?: ReactNode;
};

/** What this is for, one button, one link. */
export function EmptyState({ heading: Heading = "h2", drawing, title, about, children }: EmptyStateProps) {
  return (
    <div className="flex flex-col items-center gap-3 px-4 py-14 text-center">
      {drawing}
      <Heading className="text-lead font-semibold">{title}</Heading>
      {about ? <p className="max-w-prose text-body text-muted">{about}</p> : null}
      {children ? (
        <div className="mt-2 flex flex-wrap items-center justify-center gap-3">{children}</div>
      ) : null}
    </div>
  );
}

/** Rooms around an empty yard. */
export function YardDrawing() {
  return (
    <svg
      aria-hidden
      viewBox="0 0 120 84"
      className="h-20 text-accent"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
    >
      <path d="M12 34 L60 10 L108 34" strokeLinecap="round" strokeLinejoin="round" />
      <path d="M20 32 V74 H100 V32" />
      <path d="M40 74 V52 H80 V74" strokeDasharray="3 3" />
      <path d="M28 44 h6 M28 54 h6 M86 44 h6 M86 54 h6" strokeLinecap="round" />
      <path d="M60 60 v8 M56 64 h8" strokeLinecap="round" />
    </svg>
  );
}

/** A key over a doorway. */
export function KeyDrawing() {
  return (
    <svg
      aria-hidden
      viewBox="0 0 120 84"
      className="h-20 text-accent"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
    >
      <circle cx="42" cy="42" r="14" />
      <circle cx="38" cy="42" r="4" strokeDasharray="2 2" />
      <path d="M56 42 H98 M86 42 v8 M94 42 v6" strokeLinecap="round" />
      <path d="M14 74 H106" strokeDasharray="3 3" />
    </svg>
  );
}
