import { SecurityGroupListPage } from "../../../../../components/security-group/group-list-page.tsx";

export default function Page() {
  return <SecurityGroupListPage />;
}
