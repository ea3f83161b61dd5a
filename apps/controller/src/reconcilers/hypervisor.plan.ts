/** What to do next for one hypervisor: tell the trail that it came or went, and carry out a fence. Pure. */

export type PresenceWord = "hypervisor.up" | "hypervisor.down";

export type HypervisorFacts = {
  /** It gave a sign of life lately. */
  present: boolean;
  /** Nobody is told of one that never answered or that was revoked. */
  told: boolean;
  /** What the trail last said of it. */
  said: PresenceWord;
  /** An administrator's word that it is powered off, neither carried out nor turned down yet. */
  fenceRequested: boolean;
  /** It gave a sign of life after that word. */
  seenSince: boolean;
};

export type HypervisorStep =
  | { kind: "fence" }
  | { kind: "refuse-fence" }
  | { kind: "say"; action: PresenceWord }
  | { kind: "done" };

/** A host that answered after it was said to be off is on: its guests may run, and giving them up would double them. */
export function planHypervisor(facts: HypervisorFacts): HypervisorStep {
  if (facts.fenceRequested)
    return facts.present || facts.seenSince ? { kind: "refuse-fence" } : { kind: "fence" };
  const action = facts.present ? "hypervisor.up" : "hypervisor.down";
  return facts.told && facts.said !== action ? { kind: "say", action } : { kind: "done" };
}
