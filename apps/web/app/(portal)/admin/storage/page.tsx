import { StoragePage } from "../../../../components/admin/storage-page.tsx";

export default function Page() {
  return <StoragePage />;
}
