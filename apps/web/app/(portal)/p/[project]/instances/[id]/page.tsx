import { InstancePage } from "../../../../../../components/instance/instance-page.tsx";

export default async function Page({ params }: { params: Promise<{ project: string; id: string }> }) {
  const { project, id } = await params;
  return <InstancePage projectId={project} id={id} />;
}
