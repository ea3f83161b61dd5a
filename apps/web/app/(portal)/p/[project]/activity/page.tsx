import { ActivityPage } from "../../../../../components/timeline/activity-page.tsx";

export default function Page() {
  return <ActivityPage />;
}
