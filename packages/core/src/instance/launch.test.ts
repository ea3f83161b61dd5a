import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  base64Length,
  displayName,
  hostnameFor,
  launchName,
  password,
  userData,
  userDataBase64Limit,
} from "./launch.ts";

const id = "01940000-0000-7000-8000-0123456789ab";

test("any name gives a valid RFC 1123 label", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      expect(hostnameFor(name, id)).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    }),
  );
});

test("hostnames of names people use", () => {
  expect(hostnameFor("Web server #1", id)).toBe("web-server-1");
  expect(hostnameFor("웹 서버", id)).toBe("host-0123456789ab");
});

test.each(["<script>alert(1)</script>", "../../etc/passwd", `"quotes' and \\`, "🐯 호랑이", "a".repeat(255)])(
  "%s is a name",
  (name) => {
    expect(displayName.parse(name)).toBe(name);
  },
);

test.each([
  ["", "nameRequired"],
  ["   ", "nameRequired"],
  ["a".repeat(10_000), "nameTooLong"],
  ["a\u0000b", "nameCharacters"],
  ["a\nb", "nameCharacters"],
  ["abc\u202egnp.exe", "nameCharacters"],
])("%j is refused as %s", (name, reason) => {
  expect(displayName.safeParse(name).error?.issues[0]?.message).toBe(reason);
});

describe("user data", () => {
  test("is counted as its base64 form", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(base64Length(text)).toBe(Buffer.from(text).toString("base64").length);
      }),
    );
  });

  test("fits exactly to the limit", () => {
    const most = Math.floor(userDataBase64Limit / 4) * 3;
    expect(userData.safeParse("x".repeat(most)).success).toBe(true);
    expect(userData.safeParse("x".repeat(most + 1)).error?.issues[0]?.message).toBe("userDataTooLong");
  });
});

test("passwords have 12 to 128 characters, all printable", () => {
  expect(password.safeParse("a".repeat(11)).error?.issues[0]?.message).toBe("passwordTooShort");
  expect(password.safeParse("a".repeat(129)).error?.issues[0]?.message).toBe("passwordTooLong");
  expect(password.safeParse(`${"a".repeat(12)}\n`).error?.issues[0]?.message).toBe("passwordCharacters");
  expect(password.safeParse("비밀번호는 길어야 합니다").success).toBe(true);
});

test("several instances of one launch are numbered and never too long", () => {
  expect(launchName("web", 0, 1)).toBe("web");
  expect(launchName("web", 1, 3)).toBe("web-2");
  expect(displayName.safeParse(launchName("a".repeat(255), 49, 50)).success).toBe(true);
});
