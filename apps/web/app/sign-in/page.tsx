import type { Metadata } from "next";
import { getTranslations } from "next-intl/server";
import { SignInPage } from "../../components/shell/sign-in-page.tsx";

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations("signIn");
  return { title: t("title") };
}

export default function Page() {
  return <SignInPage />;
}
