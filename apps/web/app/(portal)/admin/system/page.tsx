import { SystemPage } from "../../../../components/oversight/system-page.tsx";

export default function Page() {
  return <SystemPage />;
}
