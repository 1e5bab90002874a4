import { expect, test } from "vitest";
import { cgroupLayout } from "./cgroup.ts";

const version2 = `proc /proc proc rw,relatime 0 0
cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime,nsdelegate,memory_recursiveprot 0 0
`;

const hybrid = `tmpfs /sys/fs/cgroup tmpfs rw,relatime,mode=755 0 0
cgroup /sys/fs/cgroup/cpu cgroup rw,relatime,cpu 0 0
cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0
`;

test("version 2 is one tree, whose groups systemd makes where it runs", () => {
  const roots = ["/sys/fs/cgroup"];
  expect(cgroupLayout(version2, true)).toEqual({ version: 2, driver: "systemd", roots });
  expect(cgroupLayout(version2, false)).toEqual({ version: 2, driver: "cgroupfs", roots });
});

test("version 1 is one tree per controller, maybe with an empty version 2 tree beside", () => {
  expect(cgroupLayout(hybrid, false)).toEqual({
    version: 1,
    driver: "cgroupfs",
    roots: ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/memory"],
    hybrid: "/sys/fs/cgroup/unified",
  });
});
