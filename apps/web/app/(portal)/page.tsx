import { ProjectRedirect } from "../../components/shell/project-redirect.tsx";

export default function Home() {
  return <ProjectRedirect />;
}
