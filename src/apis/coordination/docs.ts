import type { TypeDocs } from "../docs.ts";

/** Who is in charge, and who is alive. For `kubectl explain`; loaded when OpenAPI documents are made. */
export const coordinationDocs: Readonly<Record<string, TypeDocs>> = {
  Lease: {
    "": "Something that one holder has for some time.",
  },
  LeaseSpec: {
    "": "Who has it, and for how long.",
    holderIdentity: "Who.",
    leaseDurationSeconds: "How long after the last renewal others may take it.",
    acquireTime: "Since when.",
    renewTime: "When it was last renewed.",
    leaseTransitions: "How often it changed hands.",
    strategy: "How the holder is chosen.",
    preferredHolder: "Who should have it next.",
  },
};
