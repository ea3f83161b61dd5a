import { Missing } from "../components/shell/missing.tsx";

export default function NotFound() {
  return (
    <main className="flex min-h-dvh items-center justify-center">
      <Missing what="page" />
    </main>
  );
}
