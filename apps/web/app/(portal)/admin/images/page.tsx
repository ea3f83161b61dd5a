import { AnyImagePage } from "../../../../components/oversight/any-image-page.tsx";

export default function Page() {
  return <AnyImagePage />;
}
