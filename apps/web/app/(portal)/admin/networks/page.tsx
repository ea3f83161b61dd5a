import { CloudNetworkPage } from "../../../../components/cloud-network/cloud-network-page.tsx";

export default function Page() {
  return <CloudNetworkPage />;
}
