import { RouterPage } from "../../../../../../components/router/router-page.tsx";

export default async function Page({ params }: { params: Promise<{ project: string; id: string }> }) {
  const { project, id } = await params;
  return <RouterPage projectId={project} id={id} />;
}
