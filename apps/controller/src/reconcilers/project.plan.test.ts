import { expect, it } from "vitest";
import { type ProjectPlanView, planProject, projectProgress } from "./project.plan.ts";

const view = (fields: Partial<ProjectPlanView> = {}): ProjectPlanView => ({
  deleteRequested: true,
  instances: 0,
  unasked: 0,
  asked: 0,
  volumes: 0,
  unaskedVolumes: 0,
  images: 0,
  networks: 0,
  ...fields,
});

it.each([
  ["nobody asked", { deleteRequested: false, instances: 3, unasked: 3, images: 1 }, "done"],
  ["an instance was not asked yet", { instances: 3, unasked: 1, asked: 2, images: 1 }, "ask-instances"],
  ["all are asked and some are there", { instances: 2, asked: 3, images: 1 }, "wait"],
  ["no instance is left, volumes are", { volumes: 2, unaskedVolumes: 1, images: 1 }, "ask-volumes"],
  ["volumes go", { volumes: 2, images: 1 }, "wait"],
  ["no volume is left", { asked: 3, images: 1 }, "delete-images"],
  ["no image is left either", { asked: 3, networks: 4 }, "delete-networks"],
  ["nothing is left", { asked: 3 }, "delete-project"],
  ["there never was anything", {}, "delete-project"],
] as const)("%s", (_, fields, kind) => {
  expect(planProject(view(fields))).toEqual({ kind });
});

it.each([
  [{ instances: 4, unasked: 4 }, 0, 0],
  [{ instances: 4, asked: 4 }, 0, 0],
  [{ instances: 1, asked: 4 }, 67, 0],
  [{ instances: 3 }, 0, 0],
  [{ asked: 4, volumes: 1, images: 2 }, 90, 1],
  [{ asked: 4, images: 2 }, 90, 2],
  [{ asked: 4, networks: 1 }, 90, 3],
  [{ asked: 4 }, 90, 4],
])("says of %o how far it is", (fields, percent, current) => {
  expect(projectProgress(view(fields))).toMatchObject({ percent, current });
});
