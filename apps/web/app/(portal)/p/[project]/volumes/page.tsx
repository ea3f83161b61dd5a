import { VolumeListPage } from "../../../../../components/volume/volume-list-page.tsx";

export default function Page() {
  return <VolumeListPage />;
}
