import { ApiAccessPage } from "../../../../../components/api-access/api-access-page.tsx";

export default function Page() {
  return <ApiAccessPage />;
}
