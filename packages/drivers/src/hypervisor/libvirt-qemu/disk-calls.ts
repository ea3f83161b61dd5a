/**
 * libvirt's calls about the disks of a running domain, typed as in remote_protocol.x and qemu_protocol.x (libvirt 9.0).
 * What goes to QEMU or to the guest's agent is JSON that libvirt only carries.
 */
import { CloudError } from "@madang/core/errors";
import { z } from "zod";
import { diskFull } from "../../disk/disk-full.ts";
import { flags, procedure, qemuProcedure, typedUnsigned } from "./rpc/procedures.ts";
import type { Session } from "./rpc/session.ts";
import { type Domain, xdrWriter } from "./rpc/xdr.ts";

/** REMOTE_DOMAIN_DISK_ERRORS_MAX */
const maxDiskErrors = 256;
/** VIR_DOMAIN_DISK_ERROR_NO_SPACE; 1 is any other. */
const noSpace = 2;

export type DiskError = { target: string; isFull: boolean };

export type DiskCalls = ReturnType<typeof diskCalls>;

export function diskCalls(session: Session) {
  const about = (domain: Domain) => xdrWriter().domain(domain);
  return {
    async resize(domain: Domain, target: string, sizeBytes: number): Promise<void> {
      const args = about(domain).string(target).uhyper(sizeBytes).uint(flags.resizeBytes);
      await session.call(procedure.domainBlockResize, args);
    },
    /** Of the running copy and the stored one. */
    async tune(domain: Domain, target: string, limits: Record<string, number>): Promise<void> {
      const entries = Object.entries(limits);
      const args = about(domain).string(target).uint(entries.length);
      for (const [field, value] of entries) args.string(field).int(typedUnsigned).uhyper(value);
      await session.call(procedure.domainSetBlockIoTune, args.uint(flags.affectLive | flags.affectConfig));
    },
    /** Disks whose last fault paused the guest; it stays told after the guest goes on. */
    async errors(domain: Domain): Promise<DiskError[]> {
      const answer = await session.call(
        procedure.domainGetDiskErrors,
        about(domain).uint(maxDiskErrors).uint(0),
      );
      return answer.array(maxDiskErrors, (reader) => ({
        target: reader.string(),
        isFull: reader.int() === noSpace,
      }));
    },
    /** Throws what QEMU says against it. */
    async monitor(domain: Domain, execute: string, args: object): Promise<unknown> {
      const command = JSON.stringify({ execute, arguments: args });
      const call = about(domain).string(command).uint(0);
      const answer = await session.callQemu(qemuProcedure.monitorCommand, call);
      return read(answer.string(), execute);
    },
    /** Throws when the agent does not answer in time, which does not mean that it did nothing. */
    async agent(domain: Domain, execute: string, limitSeconds: number): Promise<unknown> {
      const call = about(domain).string(JSON.stringify({ execute })).int(limitSeconds).uint(0);
      const answer = await session.callQemu(qemuProcedure.agentCommand, call);
      return read(answer.optionalString() ?? "{}", execute);
    },
  };
}

const answer = z.object({
  return: z.unknown(),
  error: z.object({ class: z.string(), desc: z.string() }).optional(),
});

function read(text: string, execute: string): unknown {
  const said = answer.parse(JSON.parse(text));
  if (!said.error) return said.return;
  const detail = `${execute}: ${said.error.class}: ${said.error.desc}`;
  if (/no space left on device/i.test(detail)) throw diskFull(detail);
  throw new CloudError("Internal", "The hypervisor could not do this to the guest's disk.", {
    reason: "VolumeFault",
    detail,
    retry: "later",
  });
}
