import { NewProjectPage } from "../../../../../components/project/new-project-page.tsx";

export default function Page() {
  return <NewProjectPage />;
}
