import { GroupListPage } from "../../../../components/group/group-list-page.tsx";

export default function Page() {
  return <GroupListPage />;
}
