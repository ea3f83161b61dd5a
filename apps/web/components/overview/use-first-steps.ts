"use client";

import { useEffect, useState } from "react";
import { z } from "zod";
import { readStored, writeStored } from "../../lib/stored.ts";

const course = z.enum(["begun", "hidden"]);
type Course = z.infer<typeof course> | null;

/**
 * Whether a person is guided through a project's first steps: from when he saw it empty until he hides them. A project
 * that had instances when he came to it needs none.
 */
export function useFirstSteps(userId: string, projectId: string, isEmpty: boolean) {
  const key = `madang:first-steps:${userId}:${projectId}`;
  const [kept, setKept] = useState<Course>(() => readStored(key, course));
  useEffect(() => {
    if (isEmpty && kept === null) {
      writeStored(key, "begun");
      setKept("begun");
    }
  }, [isEmpty, kept, key]);
  return {
    isShown: kept === "begun",
    hide: () => {
      writeStored(key, "hidden");
      setKept("hidden");
    },
  };
}
