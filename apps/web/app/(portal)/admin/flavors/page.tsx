import { FlavorPage } from "../../../../components/admin/flavor-page.tsx";

export default function Page() {
  return <FlavorPage />;
}
