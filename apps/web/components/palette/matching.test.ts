import { expect, test } from "vitest";
import { fullestFirst, isMeant, nameIn, synonyms } from "./matching.ts";

const page = (key: string, words: string) => ({ words, also: synonyms[key] ?? "" });

test.each([
  ["instances", "Instances", ["VM", "server", "가상머신", "가상 머신", "인스턴스"]],
  ["floatingIps", "유동 IP", ["public ip", "공인 IP", "external ip", "elastic"]],
  ["keyPairs", "키 페어", ["SSH key", "ssh 키", "공개"]],
  ["securityGroups", "Security groups", ["방화벽", "firewall", "보안"]],
])("%s is found by the words of the field in both languages", (key, words, texts) => {
  for (const text of texts) expect(isMeant(page(key, words), text), text).toBe(true);
  expect(isMeant(page(key, words), "zebra")).toBe(false);
});

test("text typed in pieces of Hangul is the same text", () => {
  expect(isMeant(page("volumes", "볼륨"), "볼륨".normalize("NFD"))).toBe(true);
});

test("an act beside a name leaves the name to be looked for", () => {
  const acts = [page("stop", "Stop"), page("console", "콘솔")];
  expect(nameIn("web-1 stop", acts)).toBe("web-1");
  expect(nameIn("중지 web-1", acts)).toBe("web-1");
  expect(nameIn("web-1 콘솔", acts)).toBe("web-1");
  expect(nameIn("web 1", acts)).toBe("web 1");
  expect(nameIn("console", acts)).toBe("console");
});

test.each([
  ["web-1 삭제", "삭제"],
  ["삭제 보호 켜기 web-1", "삭제 보호 켜기"],
  ["web-1 재부팅", "재부팅"],
  ["web-1 강제 재부팅", "강제 재부팅"],
])("%s asks for just that act", (text, wanted) => {
  const acts = ["강제 재부팅", "재부팅", "삭제 보호 켜기", "삭제"].map((words) => ({ words, also: "web-1" }));
  const meant = fullestFirst(
    acts.filter((act) => isMeant(act, text)),
    text,
  );
  expect(meant[0]?.words).toBe(wanted);
});
