import type { ReactNode } from "react";
import { ProjectArea } from "../../../../components/shell/project-area.tsx";

type Props = { children: ReactNode; params: Promise<{ project: string }> };

export default async function ProjectLayout({ children, params }: Props) {
  const { project } = await params;
  return <ProjectArea projectId={project}>{children}</ProjectArea>;
}
