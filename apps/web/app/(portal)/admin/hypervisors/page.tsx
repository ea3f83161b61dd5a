import { HypervisorPage } from "../../../../components/admin/hypervisor-page.tsx";

export default function Page() {
  return <HypervisorPage />;
}
