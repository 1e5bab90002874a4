/**
 * What every container runtime must do for the kubelet: one suite that runs over the fake and over real
 * containerd. Only tests import this.
 */
import { afterEach, describe, expect, test } from "vitest";

import { type CriClient, CriError } from "./cri.ts";
import type { ContainerConfig, ContainerEvent, PodSandboxConfig } from "./types.ts";

export interface CriUnderTest {
  cri: CriClient;
  /** An image with a shell that is there already. */
  image: string;
  /** An image that no registry has. */
  missingImage: string;
  /** Parent of the sandboxes' cgroups. */
  cgroupParent?: string;
  /** Lets whatever is pending come to pass before the next look. */
  settle(): Promise<void>;
}

let sequence = 0;

/** Registers the suite for the runtime that `open` gives (the same one, or a new one, each time). */
export function criContract(name: string, open: () => Promise<CriUnderTest>): void {
  describe(`CRI contract: ${name}`, () => {
    const made: { cri: CriClient; sandbox: string }[] = [];
    afterEach(async () => {
      for (const { cri, sandbox } of made.splice(0)) {
        await cri.stopPodSandbox(sandbox);
        await cri.removePodSandbox(sandbox);
      }
    });

    async function newSandbox(
      { cri, cgroupParent = "/contract" }: CriUnderTest,
      more: Partial<PodSandboxConfig> = {},
    ) {
      const uid = `uid-${process.pid}-${sequence++}`;
      const config: PodSandboxConfig = {
        metadata: { name: "pod", namespace: "contract", uid, attempt: 0 },
        labels: { app: "contract", uid },
        annotations: { note: "a=b" },
        linux: { cgroupParent },
        ...more,
      };
      const id = await cri.runPodSandbox(config);
      made.push({ cri, sandbox: id });
      return { id, config, uid };
    }

    async function newContainer(
      { cri, image }: CriUnderTest,
      sandbox: { id: string; config: PodSandboxConfig },
      command: string[],
      more: Partial<ContainerConfig> = {},
    ) {
      const config: ContainerConfig = {
        metadata: { name: "main", attempt: 0 },
        image: { image },
        command,
        labels: { role: "main" },
        ...more,
      };
      const request = { podSandboxId: sandbox.id, config, sandboxConfig: sandbox.config };
      return cri.createContainer(request);
    }

    async function until<T>(
      under: CriUnderTest,
      look: () => Promise<T>,
      good: (seen: T) => boolean,
    ) {
      for (let tries = 0; tries < 500; tries++) {
        const seen = await look();
        if (good(seen)) return seen;
        await under.settle();
      }
      throw new Error("state not reached");
    }

    const ended = (under: CriUnderTest, id: string) =>
      until(
        under,
        async () => (await under.cri.containerStatus(id)).status,
        (status) => status.state === "CONTAINER_EXITED",
      );

    test("it says what it is, and that it is ready", async () => {
      const { cri } = await open();
      expect(await cri.version()).toMatchObject({ runtimeApiVersion: "v1" });
      const { status } = await cri.status();
      for (const type of ["RuntimeReady", "NetworkReady"]) {
        expect(status.conditions).toContainEqual(expect.objectContaining({ type, status: true }));
      }
    });

    test("a sandbox is made with an address, found by filters, stopped and removed", async () => {
      const under = await open();
      const { cri } = under;
      const { id, uid } = await newSandbox(under);
      const { status } = await cri.podSandboxStatus(id);
      expect(status).toMatchObject({
        id,
        state: "SANDBOX_READY",
        labels: { app: "contract", uid },
      });
      expect(status.metadata).toEqual({ name: "pod", namespace: "contract", uid, attempt: 0 });
      expect(status.annotations).toMatchObject({ note: "a=b" });
      expect(status.createdAt).toBeGreaterThan(1e18);
      expect(status.network?.ip).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
      const ids = async (...filter: Parameters<CriClient["listPodSandbox"]>) =>
        (await cri.listPodSandbox(...filter)).map((item) => item.id);
      expect(await ids()).toContain(id);
      expect(await ids({ labelSelector: { uid } })).toEqual([id]);
      expect(await ids({ id, state: { state: "SANDBOX_NOTREADY" } })).toEqual([]);
      await cri.stopPodSandbox(id);
      await cri.stopPodSandbox(id);
      expect(await ids({ id, state: { state: "SANDBOX_NOTREADY" } })).toEqual([id]);
      await cri.removePodSandbox(id);
      await cri.removePodSandbox(id);
      expect(await ids({ labelSelector: { uid } })).toEqual([]);
    });

    test("a container goes from created through running to exited, with its exit code", async () => {
      const under = await open();
      const { cri, image } = under;
      const sandbox = await newSandbox(under);
      const id = await newContainer(under, sandbox, ["sh", "-c", "exit 3"]);
      const created = (await cri.containerStatus(id)).status;
      expect(created).toMatchObject({
        id,
        state: "CONTAINER_CREATED",
        startedAt: 0,
        finishedAt: 0,
      });
      expect(created.image.image).toBe(image);
      expect(created.labels).toMatchObject({ role: "main" });
      await cri.startContainer(id);
      const status = await ended(under, id);
      expect(status).toMatchObject({ exitCode: 3, reason: "Error" });
      expect(status.startedAt).toBeGreaterThanOrEqual(status.createdAt);
      // containerd notes the start after the fact, so a short program may seem to end before it.
      expect(status.finishedAt).toBeGreaterThanOrEqual(status.createdAt);
      const success = await newContainer(under, sandbox, ["true"], {
        metadata: { name: "other", attempt: 0 },
      });
      await cri.startContainer(success);
      expect(await ended(under, success)).toMatchObject({ exitCode: 0, reason: "Completed" });
    });

    test("a running container is listed, measured, asked, and killed", async () => {
      const under = await open();
      const { cri } = under;
      const sandbox = await newSandbox(under);
      const id = await newContainer(under, sandbox, ["sleep", "1000"]);
      await cri.startContainer(id);
      const running = { podSandboxId: sandbox.id, state: { state: "CONTAINER_RUNNING" as const } };
      const [listed] = await cri.listContainers(running);
      expect(listed).toMatchObject({ id, podSandboxId: sandbox.id });
      expect(listed!.imageRef).toMatch(/^sha256:|@sha256:/);
      expect(await cri.listContainers({ ...running, labelSelector: { role: "x" } })).toEqual([]);
      expect((await cri.containerStats(id)).attributes.id).toBe(id);
      expect(await cri.listContainerStats({ podSandboxId: sandbox.id })).toHaveLength(1);
      const exec = { containerId: id, cmd: ["true"], timeoutSeconds: 10 };
      expect((await cri.execSync(exec)).exitCode).toBe(0);
      await cri.stopContainer(id, 0);
      await cri.stopContainer(id, 0);
      expect(await ended(under, id)).toMatchObject({ exitCode: 137, reason: "Error" });
      await expect(cri.execSync(exec)).rejects.toThrow(/container is in CONTAINER_EXITED state/);
      await cri.removeContainer(id);
      await cri.removeContainer(id);
      await expect(cri.containerStatus(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    });

    test("stopping a sandbox kills its containers", async () => {
      const under = await open();
      const sandbox = await newSandbox(under);
      const id = await newContainer(under, sandbox, ["sleep", "1000"]);
      await under.cri.startContainer(id);
      await under.cri.stopPodSandbox(sandbox.id);
      expect(await ended(under, id)).toMatchObject({ exitCode: 137 });
      const late = async () => {
        const metadata = { name: "late", attempt: 0 };
        await under.cri.startContainer(await newContainer(under, sandbox, ["true"], { metadata }));
      };
      await expect(late()).rejects.toThrow(CriError);
    });

    test("names are reserved, and a container starts once", async () => {
      const under = await open();
      const { cri } = under;
      const sandbox = await newSandbox(under);
      await expect(cri.runPodSandbox(sandbox.config)).rejects.toThrow(
        /failed to reserve sandbox name .* is reserved for/,
      );
      const id = await newContainer(under, sandbox, ["sleep", "1000"]);
      await expect(newContainer(under, sandbox, ["true"])).rejects.toThrow(
        /failed to reserve container name .* reserved for/,
      );
      await cri.startContainer(id);
      await expect(cri.startContainer(id)).rejects.toThrow(
        /container is in CONTAINER_RUNNING state/,
      );
    });

    test.each([
      ["podSandboxStatus", (cri: CriClient) => cri.podSandboxStatus("nope")],
      ["containerStatus", (cri: CriClient) => cri.containerStatus("nope")],
      ["startContainer", (cri: CriClient) => cri.startContainer("nope")],
      ["containerStats", (cri: CriClient) => cri.containerStats("nope")],
      [
        "execSync",
        (cri: CriClient) => cri.execSync({ containerId: "nope", cmd: ["true"], timeoutSeconds: 1 }),
      ],
    ])("%s of what is not there is NOT_FOUND", async (_, call) => {
      const { cri } = await open();
      await expect(call(cri)).rejects.toMatchObject({ name: "CriError", code: "NOT_FOUND" });
    });

    test("images are found by name, and missing ones are told apart from broken calls", async () => {
      const under = await open();
      const { cri, image, missingImage } = under;
      const found = await cri.imageStatus({ image });
      expect(found?.id).toMatch(/^sha256:/);
      expect(found!.repoTags.length + found!.repoDigests.length).toBeGreaterThan(0);
      expect((await cri.imageStatus({ image: found!.id }))?.id).toBe(found!.id);
      expect((await cri.listImages()).map(({ id }) => id)).toContain(found!.id);
      expect(await cri.imageStatus({ image: missingImage })).toBeUndefined();
      await expect(cri.pullImage({ image: { image: missingImage } })).rejects.toThrow(
        /failed to pull and unpack image/,
      );
      const sandbox = await newSandbox(under);
      const other = { image: { image: missingImage } };
      await expect(newContainer(under, sandbox, ["true"], other)).rejects.toMatchObject({
        code: "NOT_FOUND",
      });
      expect((await cri.imageFsInfo()).imageFilesystems[0]!.fsId?.mountpoint).toMatch(/^\//);
    });

    test("events tell what happens to a container, where the runtime has them", async () => {
      const under = await open();
      const { cri } = under;
      if (!(await cri.supportsEvents())) {
        const first = cri.containerEvents(new AbortController().signal)[Symbol.asyncIterator]();
        await expect(first.next()).rejects.toMatchObject({ code: "UNIMPLEMENTED" });
        return;
      }
      const stop = new AbortController();
      const seen: ContainerEvent[] = [];
      const watching = (async () => {
        for await (const event of cri.containerEvents(stop.signal)) seen.push(event);
      })();
      const sandbox = await newSandbox(under);
      const id = await newContainer(under, sandbox, ["true"]);
      await cri.startContainer(id);
      await ended(under, id);
      await cri.removeContainer(id);
      const types = () =>
        Promise.resolve(
          seen.filter((event) => event.containerId === id).map((event) => event.containerEventType),
        );
      await until(under, types, (list) => list.includes("CONTAINER_DELETED_EVENT"));
      expect(await types()).toEqual([
        "CONTAINER_CREATED_EVENT",
        "CONTAINER_STARTED_EVENT",
        "CONTAINER_STOPPED_EVENT",
        "CONTAINER_DELETED_EVENT",
      ]);
      stop.abort(new Error("seen enough"));
      await expect(watching).rejects.toThrow("seen enough");
    });
  });
}
