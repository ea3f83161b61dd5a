import { ProjectListPage } from "../../../../components/project/project-list-page.tsx";

export default function Page() {
  return <ProjectListPage />;
}
