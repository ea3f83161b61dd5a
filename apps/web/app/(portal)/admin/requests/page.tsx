import { RequestPage } from "../../../../components/quota-policy/request-page.tsx";

export default function Page() {
  return <RequestPage />;
}
