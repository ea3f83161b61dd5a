import { RouterListPage } from "../../../../../components/router/router-list-page.tsx";

export default function Page() {
  return <RouterListPage />;
}
