import { AnyOperationPage } from "../../../../components/oversight/any-operation-page.tsx";

export default function Page() {
  return <AnyOperationPage />;
}
