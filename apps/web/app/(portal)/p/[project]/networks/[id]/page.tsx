import { NetworkPage } from "../../../../../../components/network/network-page.tsx";

export default async function Page({ params }: { params: Promise<{ project: string; id: string }> }) {
  const { project, id } = await params;
  return <NetworkPage projectId={project} id={id} />;
}
