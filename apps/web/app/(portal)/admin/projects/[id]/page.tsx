import { ManagedProjectPage } from "../../../../../components/project/managed-project-page.tsx";

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <ManagedProjectPage id={id} />;
}
