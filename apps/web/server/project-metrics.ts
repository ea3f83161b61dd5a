/** GET /metrics/projects/<project>: what its instances use, for a project's own Prometheus. */
import { connectionContext } from "@madang/api";
import { type InstanceCounters, readCounters } from "@madang/api/server";
import { CloudError } from "@madang/core/errors";
import { exposition, type Figure } from "@madang/telemetry";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Backend } from "./backend.ts";
import { type CallerDeps, callerOf } from "./caller.ts";

type Deps = CallerDeps & { backend: Backend };
type Used = NonNullable<InstanceCounters["used"]>;

const place = z.object({ projectId: z.uuid() });

export function mountProjectMetrics(deps: Deps, app: FastifyInstance): void {
  app.get("/metrics/projects/:projectId", { exposeHeadRoute: false }, (request, reply) =>
    answer(deps, request, reply),
  );
}

/** With an application credential as bearer; in a browser the session counts, as anywhere. */
async function answer(deps: Deps, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { data } = place.safeParse(request.params);
  if (!data) throw new CloudError("NotFound", "There is no such project.", { reason: "projectNotFound" });
  const caller = await callerOf(deps, request.raw, request.id);
  const instances = await readCounters(connectionContext(deps.backend.api, caller), data.projectId);
  const { type, text } = await exposition(figuresOf(instances));
  await reply.header("content-type", type).header("cache-control", "no-store").send(text);
}

const labels = ["instance_id", "instance_name"];

function figuresOf(instances: readonly InstanceCounters[]): Figure[] {
  const named = ({ id, name }: InstanceCounters) => ({ instance_id: id, instance_name: name });
  const each = (of: (instance: InstanceCounters) => number | null) =>
    instances.flatMap((instance) => {
      const value = of(instance);
      return value === null ? [] : [{ labels: named(instance), value }];
    });
  const used = (of: (used: Used) => number | null) => each((one) => one.used && of(one.used));
  const gauge = (name: string, help: string, values: Figure["values"]): Figure => ({
    ...{ name, help, kind: "gauge", labels, values },
  });
  const cpu = used(({ cpuSeconds }) => cpuSeconds);
  const running = each(({ status }) => Number(status === "ACTIVE"));
  return [
    gauge("madang_instance_up", "1 while the instance is ACTIVE.", running),
    gauge(
      "madang_instance_vcpus",
      "Its virtual CPUs.",
      each(({ vcpus }) => vcpus),
    ),
    gauge(
      "madang_instance_memory_size_bytes",
      "Its memory.",
      each(({ ramMib }) => ramMib * 1024 ** 2),
    ),
    {
      ...{ name: "madang_instance_cpu_seconds_total", help: "CPU time since its start." },
      ...{ kind: "counter", labels, values: cpu },
    },
    gauge(
      "madang_instance_memory_resident_bytes",
      "Memory held on the hypervisor.",
      used(({ residentBytes }) => residentBytes),
    ),
    gauge(
      "madang_instance_memory_used_bytes",
      "Memory in use as the guest says; missing when it does not say.",
      used(({ usedBytes }) => usedBytes),
    ),
    ...devices.map(({ name, help, kind, index, label }): Figure => {
      const values = instances.flatMap((instance) =>
        (instance.used?.devices ?? [])
          .filter((device) => device.kind === kind)
          .map((device) => ({
            labels: { ...named(instance), [label]: device.name },
            value: device.values[index],
          })),
      );
      return { name, help, kind: "counter", labels: [...labels, label], values };
    }),
  ];
}

const disk = { kind: "disk", label: "disk" } as const;
/** By the port's id. */
const nic = { kind: "nic", label: "port" } as const;
const devices = [
  { ...disk, index: 0, name: "madang_instance_disk_read_bytes_total", help: "Bytes read since its start." },
  {
    ...disk,
    index: 1,
    name: "madang_instance_disk_written_bytes_total",
    help: "Bytes written since its start.",
  },
  { ...disk, index: 2, name: "madang_instance_disk_reads_total", help: "Reads since its start." },
  { ...disk, index: 3, name: "madang_instance_disk_writes_total", help: "Writes since its start." },
  { ...nic, index: 0, name: "madang_instance_network_receive_bytes_total", help: "Bytes that it received." },
  { ...nic, index: 1, name: "madang_instance_network_transmit_bytes_total", help: "Bytes that it sent." },
  {
    ...nic,
    index: 2,
    name: "madang_instance_network_receive_packets_total",
    help: "Packets that it received.",
  },
  { ...nic, index: 3, name: "madang_instance_network_transmit_packets_total", help: "Packets that it sent." },
] as const;
