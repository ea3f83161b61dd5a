import { ImagePage } from "../../../../../../components/image/image-page.tsx";

export default async function Page({ params }: { params: Promise<{ project: string; id: string }> }) {
  const { project, id } = await params;
  return <ImagePage projectId={project} id={id} />;
}
