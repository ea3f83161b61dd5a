import { VolumePage } from "../../../../../../components/volume/volume-page.tsx";

export default async function Page({ params }: { params: Promise<{ project: string; id: string }> }) {
  const { project, id } = await params;
  return <VolumePage projectId={project} id={id} />;
}
