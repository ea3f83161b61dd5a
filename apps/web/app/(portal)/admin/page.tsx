import { AdminOverviewPage } from "../../../components/admin/overview-page.tsx";

export default function Page() {
  return <AdminOverviewPage />;
}
