"use client";

import { useParams } from "next/navigation";

/** The project in the address; only pages under /p/[project] may ask. */
export function useProjectId(): string {
  const { project } = useParams<{ project: string }>();
  return project;
}
