import { expect, test } from "vitest";
import { type ImagePlanView, planImage } from "./image.plan.ts";

const waiting: ImagePlanView = {
  deleteRequested: false,
  origin: "upload",
  failed: false,
  stored: false,
  uploadEnded: false,
  expired: false,
  lost: null,
};
const lost = { code: "InvalidState", reason: "imageSourceGone", message: "gone", retry: "never" } as const;

test.each<[string, Partial<ImagePlanView>, string]>([
  ["a file on its way", {}, "track"],
  ["one that stands still", { expired: true }, "expire"],
  ["one that is there", { uploadEnded: true }, "import"],
  ["one that is there, late", { uploadEnded: true, expired: true }, "import"],
  ["an address", { origin: "url" }, "import"],
  ["one that was refused", { uploadEnded: true, failed: true }, "done"],
  ["one that is ready", { uploadEnded: true, stored: true }, "done"],
  ["the operator's", { origin: "operator" }, "done"],
  ["a copy on its way", { origin: "volume" }, "track"],
  ["a copy that can't be made", { origin: "instance", lost }, "fail"],
  ["a copy that came before its source went", { origin: "snapshot", uploadEnded: true, lost }, "import"],
  ["a copy that nobody wants any more", { origin: "volume", lost, deleteRequested: true }, "remove"],
  ["a deletion in the middle", { uploadEnded: true, deleteRequested: true }, "remove"],
  ["a deletion of what was refused", { failed: true, deleteRequested: true }, "remove"],
])("%s", (_name, view, step) => {
  expect(planImage({ ...waiting, ...view }).kind).toBe(step);
});
