import { VolumeTypePage } from "../../../../components/admin/volume-type-page.tsx";

export default function Page() {
  return <VolumeTypePage />;
}
