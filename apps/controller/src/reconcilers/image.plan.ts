/** What to do next for an image: first match wins. Pure. */
import type { PublicError } from "@madang/core/errors";

export type ImagePlanView = {
  deleteRequested: boolean;
  origin: "operator" | "upload" | "url" | "volume" | "snapshot" | "instance";
  failed: boolean;
  stored: boolean;
  uploadEnded: boolean;
  /** No byte has come for longer than an upload may stand still. */
  expired: boolean;
  /** Why the hypervisor that is to bring it never will; null: nothing says so. */
  lost: PublicError | null;
};

export type ImageStep =
  | { kind: "remove" }
  | { kind: "import" }
  | { kind: "expire" }
  | { kind: "fail"; fault: PublicError }
  /** Its bytes are still on the way: how far they are is told. */
  | { kind: "track" }
  | { kind: "done" };

export function planImage(view: ImagePlanView): ImageStep {
  if (view.deleteRequested) return { kind: "remove" };
  if (view.failed || view.stored || view.origin === "operator") return { kind: "done" };
  if (view.uploadEnded || view.origin === "url") return { kind: "import" };
  if (view.lost) return { kind: "fail", fault: view.lost };
  return { kind: view.expired ? "expire" : "track" };
}
