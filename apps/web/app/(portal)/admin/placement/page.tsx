import { PlacementPage } from "../../../../components/admin/placement-page.tsx";

export default function Page() {
  return <PlacementPage />;
}
