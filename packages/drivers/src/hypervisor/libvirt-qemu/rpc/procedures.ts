/**
 * The procedures used, with their numbers and flags. Source: libvirt 9.0 src/remote/remote_protocol.x (enum
 * remote_procedure; numbers are append-only) and include/libvirt/libvirt-domain.h, cross-checked with Debian's
 * golang-github-digitalocean-go-libvirt-dev, which is generated from them.
 */

/** REMOTE_PROGRAM and its version. */
export const remoteProgram = { id: 0x20008086, version: 1 };

/** QEMU_PROGRAM of qemu_protocol.x: what libvirt passes on to QEMU and to the guest's agent without looking. */
export const qemuProgram = { id: 0x20008087, version: 1 };
export const qemuProcedure = { monitorCommand: 1, agentCommand: 3 } as const;
export type QemuProcedure = (typeof qemuProcedure)[keyof typeof qemuProcedure];

/** virkeepaliveprotocol.h: PING 1, PONG 2, both sent as MESSAGE. */
export const keepaliveProgram = { id: 0x6b656570, version: 1, ping: 1, pong: 2 };

export const procedure = {
  connectOpen: 1,
  domainGetXmlDesc: 14,
  domainLookupByUuid: 24,
  domainResume: 28,
  connectSupportsFeature: 60,
  authList: 66,
  domainIsPersistent: 151,
  connectGetLibVersion: 157,
  domainAttachDeviceFlags: 160,
  domainDetachDeviceFlags: 161,
  domainCreateWithFlags: 196,
  domainGetState: 212,
  domainUndefineFlags: 231,
  domainDestroyFlags: 234,
  domainBlockResize: 251,
  domainSetBlockIoTune: 252,
  domainShutdownFlags: 258,
  domainGetDiskErrors: 263,
  domainSetMetadata: 264,
  domainGetMetadata: 265,
  connectListAllDomains: 273,
  connectDomainEventCallbackRegisterAny: 316,
  domainEventCallbackLifecycle: 318,
  connectGetAllDomainStats: 344,
  domainDefineXmlFlags: 350,
} as const;
export type Procedure = (typeof procedure)[keyof typeof procedure];

/** virNetMessageType and virNetMessageStatus. */
export const messageType = { call: 0, reply: 1, message: 2 } as const;
export const messageStatus = { ok: 0, error: 1 } as const;

/** VIR_DRV_FEATURE_PROGRAM_KEEPALIVE: asking for it makes the server take part in keepalive. */
export const keepaliveFeature = 9;

export const flags = {
  /** VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | SNAPSHOTS_METADATA | NVRAM | CHECKPOINTS_METADATA */
  undefineAll: 1 | 2 | 4 | 16,
  /** VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN */
  shutdownAcpi: 1,
  /** VIR_DOMAIN_DEFINE_VALIDATE: the XML is checked against libvirt's schema. */
  defineValidate: 1,
  /** VIR_DOMAIN_AFFECT_CONFIG, VIR_DOMAIN_AFFECT_LIVE */
  affectConfig: 2,
  affectLive: 1,
  /** VIR_DOMAIN_BLOCK_RESIZE_BYTES: the size is in bytes, not KiB. */
  resizeBytes: 1,
  /** VIR_DOMAIN_XML_SECURE is never used; VIR_DOMAIN_XML_INACTIVE is. */
  xmlInactive: 2,
  /** VIR_DOMAIN_STATS_STATE | CPU_TOTAL | BALLOON | INTERFACE | BLOCK */
  stats: 1 | 2 | 4 | 16 | 32,
  /** VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE | NOWAIT: what a domain that is busy can't tell at once is left out. */
  statsOfRunning: 1 | (1 << 29),
} as const;

/** VIR_TYPED_PARAM_ULLONG */
export const typedUnsigned = 4;

/** virTypedParameterType */
export const typed = { int: 1, uint: 2, llong: 3, ullong: 4, double: 5, boolean: 6, string: 7 } as const;

/** VIR_DOMAIN_METADATA_ELEMENT */
export const metadataElement = 2;

/** VIR_DOMAIN_EVENT_ID_LIFECYCLE */
export const lifecycleEvent = 0;
