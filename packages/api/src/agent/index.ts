export { requestCertificate, waitForCertificate } from "./certificate.ts";
export type { AgentDeps } from "./deps.ts";
export { noteBrought, requireWanted } from "./exported.ts";
export { joinHypervisor } from "./join.ts";
export { openLooks } from "./looks.ts";
export { identifyPeer, type Peer, type PeerCertificate } from "./peer.ts";
export { type AgentRouter, agentRouter } from "./router.ts";
export { mayFetchImage } from "./snapshot.ts";
export type { AgentContext } from "./trpc.ts";
