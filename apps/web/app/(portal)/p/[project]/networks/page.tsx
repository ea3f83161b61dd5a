import { NetworkListPage } from "../../../../../components/network/network-list-page.tsx";

export default function Page() {
  return <NetworkListPage />;
}
