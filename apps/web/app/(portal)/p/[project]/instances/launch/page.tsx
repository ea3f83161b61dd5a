import { LaunchPage } from "../../../../../../components/launch/launch-page.tsx";

export default function Page() {
  return <LaunchPage />;
}
