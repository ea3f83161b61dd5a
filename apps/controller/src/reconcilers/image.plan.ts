/** What to do next for an image: first match wins. Pure. */

export type ImagePlanView = {
  deleteRequested: boolean;
  origin: "operator" | "upload" | "url" | "volume" | "instance";
  failed: boolean;
  stored: boolean;
  uploadEnded: boolean;
  /** No byte has come for longer than an upload may stand still. */
  expired: boolean;
};

export type ImageStep =
  | { kind: "remove" }
  | { kind: "import" }
  | { kind: "expire" }
  /** Its bytes are still on the way: how far they are is told. */
  | { kind: "track" }
  | { kind: "done" };

export function planImage(view: ImagePlanView): ImageStep {
  if (view.deleteRequested) return { kind: "remove" };
  if (view.failed || view.stored || view.origin === "operator") return { kind: "done" };
  if (view.uploadEnded || view.origin === "url") return { kind: "import" };
  return { kind: view.expired ? "expire" : "track" };
}
