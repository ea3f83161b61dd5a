import { SecurityGroupPage } from "../../../../../../components/security-group/group-page.tsx";

export default async function Page({ params }: { params: Promise<{ project: string; id: string }> }) {
  const { project, id } = await params;
  return <SecurityGroupPage projectId={project} id={id} />;
}
