import { UserListPage } from "../../../../components/user/user-list-page.tsx";

export default function Page() {
  return <UserListPage />;
}
