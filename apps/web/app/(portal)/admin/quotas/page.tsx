import { QuotaPolicyPage } from "../../../../components/quota-policy/quota-policy-page.tsx";

export default function Page() {
  return <QuotaPolicyPage />;
}
