import { SnapshotListPage } from "../../../../../components/volume/snapshot-list-page.tsx";

export default function Page() {
  return <SnapshotListPage />;
}
