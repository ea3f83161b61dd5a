/** A disk that is lifted into the yard. */
export function ImageDrawing() {
  return (
    <svg
      aria-hidden
      viewBox="0 0 120 84"
      className="h-20 text-accent"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
    >
      <path d="M14 70 H106" />
      <rect x="36" y="34" width="48" height="28" rx="3" />
      <path d="M36 52 H84" />
      <path d="M74 57 h4" strokeLinecap="round" />
      <path d="M60 26 V8 M52 15 L60 7 L68 15" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
