import { AnyInstancePage } from "../../../../components/oversight/any-instance-page.tsx";

export default function Page() {
  return <AnyInstancePage />;
}
