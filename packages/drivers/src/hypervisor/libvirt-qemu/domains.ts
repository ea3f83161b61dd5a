/** libvirt's domain calls, typed. Arguments and answers as in remote_protocol.x (libvirt 9.0). */
import { type GuestMetadata, metadataPrefix, metadataUri, readMetadata, writeMetadata } from "./metadata.ts";
import { isLibvirtCode, libvirtCode } from "./rpc/fault.ts";
import { flags, metadataElement, procedure } from "./rpc/procedures.ts";
import type { Session } from "./rpc/session.ts";
import { type Domain, xdrWriter } from "./rpc/xdr.ts";

/** REMOTE_DOMAIN_LIST_MAX */
const maxDomains = 16_384;

export type DomainState = { state: number; reason: number };

/** The running copy of a domain and the stored one. */
const copies = { live: flags.affectLive, stored: flags.affectConfig } as const;

export type Domains = ReturnType<typeof domainCalls>;

export function domainCalls(session: Session) {
  const about = (domain: Domain) => xdrWriter().domain(domain);
  return {
    async lookup(guestId: string): Promise<Domain | null> {
      const uuid = Buffer.from(guestId.replaceAll("-", ""), "hex");
      try {
        return (await session.call(procedure.domainLookupByUuid, xdrWriter().fixed(uuid))).domain();
      } catch (error) {
        if (isLibvirtCode(error, libvirtCode.noDomain)) return null;
        throw error;
      }
    },
    async list(): Promise<Domain[]> {
      const answer = await session.call(procedure.connectListAllDomains, xdrWriter().int(1).uint(0));
      return answer.array(maxDomains, (reader) => reader.domain());
    },
    async state(domain: Domain): Promise<DomainState> {
      const answer = await session.call(procedure.domainGetState, about(domain).uint(0));
      return { state: answer.int(), reason: answer.int() };
    },
    async define(xml: string): Promise<Domain> {
      const args = xdrWriter().string(xml).uint(flags.defineValidate);
      return (await session.call(procedure.domainDefineXmlFlags, args)).domain();
    },
    async create(domain: Domain): Promise<void> {
      await session.call(procedure.domainCreateWithFlags, about(domain).uint(0));
    },
    async resume(domain: Domain): Promise<void> {
      await session.call(procedure.domainResume, about(domain));
    },
    /** Presses the power button; the guest may ignore it. */
    async powerButton(domain: Domain): Promise<void> {
      await session.call(procedure.domainShutdownFlags, about(domain).uint(flags.shutdownAcpi));
    },
    async destroy(domain: Domain): Promise<void> {
      await session.call(procedure.domainDestroyFlags, about(domain).uint(0));
    },
    /** Also when somebody else has undefined it already. */
    async undefine(domain: Domain): Promise<void> {
      try {
        await session.call(procedure.domainUndefineFlags, about(domain).uint(flags.undefineAll));
      } catch (error) {
        if (!isLibvirtCode(error, libvirtCode.noDomain)) throw error;
      }
    },
    /** False for a running domain whose definition is gone: it ends without a trace. */
    async isPersistent(domain: Domain): Promise<boolean> {
      return (await session.call(procedure.domainIsPersistent, about(domain))).int() === 1;
    },
    /** Of what runs, or of what is stored of a domain that is off. */
    async liveXml(domain: Domain): Promise<string> {
      return (await session.call(procedure.domainGetXmlDesc, about(domain).uint(0))).string();
    },
    async storedXml(domain: Domain): Promise<string> {
      return (await session.call(procedure.domainGetXmlDesc, about(domain).uint(flags.xmlInactive))).string();
    },
    async attach(domain: Domain, device: string, where: keyof typeof copies): Promise<void> {
      await session.call(procedure.domainAttachDeviceFlags, about(domain).string(device).uint(copies[where]));
    },
    /** Of a running domain this only asks the guest to let go of it. */
    async detach(domain: Domain, device: string, where: keyof typeof copies): Promise<void> {
      await session.call(procedure.domainDetachDeviceFlags, about(domain).string(device).uint(copies[where]));
    },
    /** Null when the domain does not carry our mark. */
    async metadata(domain: Domain): Promise<GuestMetadata | null> {
      const args = about(domain).int(metadataElement).optionalString(metadataUri).uint(0);
      try {
        return readMetadata((await session.call(procedure.domainGetMetadata, args)).string());
      } catch (error) {
        if (isLibvirtCode(error, libvirtCode.noDomainMetadata)) return null;
        throw error;
      }
    },
    /** Writes both the running and the stored copy of a running domain. */
    async setLiveMetadata(domain: Domain, metadata: GuestMetadata): Promise<void> {
      const args = about(domain)
        .int(metadataElement)
        .optionalString(writeMetadata(metadata))
        .optionalString(metadataPrefix)
        .optionalString(metadataUri)
        .uint(flags.affectLive | flags.affectConfig);
      await session.call(procedure.domainSetMetadata, args);
    },
  };
}
