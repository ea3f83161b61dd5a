import { TopologyPage } from "../../../../../components/topology/topology-page.tsx";

export default function Page() {
  return <TopologyPage />;
}
