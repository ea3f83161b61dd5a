import { AggregatePage } from "../../../../components/admin/aggregate-page.tsx";

export default function Page() {
  return <AggregatePage />;
}
