import { PortListPage } from "../../../../../components/port/port-list-page.tsx";

export default function Page() {
  return <PortListPage />;
}
