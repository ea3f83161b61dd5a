/** The mark: a roof over an open yard. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg
      aria-hidden
      viewBox="0 0 24 24"
      className={className}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d="M2.5 10.5 C6 9.5 9.5 7 12 4 C14.5 7 18 9.5 21.5 10.5" />
      <path d="M5 10.5 V20 H9.5 M19 10.5 V20 H14.5" />
      <rect x="9.5" y="13.5" width="5" height="6.5" className="fill-accent stroke-accent" />
    </svg>
  );
}
