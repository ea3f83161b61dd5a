import { PortPage } from "../../../../../../components/port/port-page.tsx";

export default async function Page({ params }: { params: Promise<{ project: string; id: string }> }) {
  const { project, id } = await params;
  return <PortPage projectId={project} id={id} />;
}
