import { KeyPairPage } from "../../../../../components/key-pair/key-pair-page.tsx";

export default function Page() {
  return <KeyPairPage />;
}
