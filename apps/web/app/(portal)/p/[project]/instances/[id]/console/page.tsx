import { ConsoleWindow } from "../../../../../../../components/console/console-window.tsx";

export default async function Page({ params }: { params: Promise<{ project: string; id: string }> }) {
  const { project, id } = await params;
  return <ConsoleWindow projectId={project} id={id} />;
}
