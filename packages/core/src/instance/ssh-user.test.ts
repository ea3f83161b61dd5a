import { expect, test } from "vitest";
import { sshCommand, sshUserOf } from "./ssh-user.ts";

test.each([
  ["Ubuntu 24.04 LTS", "ubuntu"],
  ["debian-12-genericcloud-amd64", "debian"],
  ["Rocky Linux 9", "rocky"],
  ["CentOS Stream 9", "cloud-user"],
  ["tiny", "root"],
  ["Madang tiny", "root"],
  ["destiny", null],
  ["search", null],
])("%s: %s", (name, user) => {
  expect(sshUserOf(name)).toBe(user);
});

test("the line to copy leaves out a user that nobody knows", () => {
  expect(sshCommand("tiny", "172.24.4.7")).toBe("ssh root@172.24.4.7");
  expect(sshCommand("my own", "172.24.4.7")).toBe("ssh 172.24.4.7");
});
