import { QuotaPage } from "../../../../../components/quota/quota-page.tsx";

export default function Page() {
  return <QuotaPage />;
}
