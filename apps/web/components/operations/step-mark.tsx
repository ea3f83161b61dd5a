import { Check, Circle, CircleAlert, LoaderCircle, Minus } from "lucide-react";

/** How far a step or a whole piece of work is; beside it stand words that say the same. */
export function StepMark({ state }: { state: string }) {
  if (state === "done" || state === "succeeded") return <Check aria-hidden className="text-running" />;
  if (state === "failed") return <CircleAlert aria-hidden className="text-danger" />;
  if (state === "running")
    return (
      <LoaderCircle
        aria-hidden
        className="animate-spin text-changing [animation-duration:2.4s] motion-reduce:animate-none"
      />
    );
  if (state === "cancelled" || state === "skipped") return <Minus aria-hidden className="text-muted" />;
  return <Circle aria-hidden className="text-line-strong" />;
}
