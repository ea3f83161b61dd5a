/** Three rooms on one line. */
export function NetworkDrawing() {
  return (
    <svg
      aria-hidden
      viewBox="0 0 120 84"
      className="h-20 text-accent"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
    >
      <path d="M10 42 H110" />
      <path d="M28 42 V26 M60 42 V58 M92 42 V26" strokeDasharray="3 3" />
      <rect x="18" y="12" width="20" height="14" rx="2" />
      <rect x="82" y="12" width="20" height="14" rx="2" />
      <rect x="50" y="58" width="20" height="14" rx="2" />
      <path d="M24 19 h4 M88 19 h4 M56 65 h4" strokeLinecap="round" />
    </svg>
  );
}
