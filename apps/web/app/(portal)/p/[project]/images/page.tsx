import { ImageListPage } from "../../../../../components/image/image-list-page.tsx";

export default function Page() {
  return <ImageListPage />;
}
