import { FloatingIpListPage } from "../../../../../components/floating-ip/floating-ip-list-page.tsx";

export default function Page() {
  return <FloatingIpListPage />;
}
