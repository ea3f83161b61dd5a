/** A jar in the yard: what is kept in it outlives the meal. */
export function VolumeDrawing() {
  return (
    <svg
      aria-hidden
      viewBox="0 0 120 84"
      className="h-20 text-accent"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
    >
      <path d="M46 20 H74 M48 20 C34 32 34 60 48 72 H72 C86 60 86 32 72 20" />
      <path d="M50 14 H70 V20 H50 Z" />
      <path d="M40 44 H80" strokeDasharray="3 3" />
      <path d="M18 72 H102" strokeLinecap="round" />
    </svg>
  );
}
