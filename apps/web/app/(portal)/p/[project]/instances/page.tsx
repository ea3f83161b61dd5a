import { InstanceListPage } from "../../../../../components/instance/list-page.tsx";

export default function Page() {
  return <InstanceListPage />;
}
