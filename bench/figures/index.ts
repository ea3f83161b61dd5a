import type { Figure } from "../figure.ts";
import { admitFiftyProjects, admitNeighbour, admitOneProject } from "./admit.ts";
import { attachVisible } from "./attach-visible.ts";
import { audit1mExport } from "./audit1m-export.ts";
import { audit1mList } from "./audit1m-list.ts";
import { bootOverhead } from "./boot-overhead.ts";
import { cloneImage } from "./clone-image.ts";
import { createAccept } from "./create-accept.ts";
import { createActive } from "./create-active.ts";
import { create30Active } from "./create30-active.ts";
import { create1000Active } from "./create1000-active.ts";
import { eventVisible } from "./event-visible.ts";
import { hypervisors1000 } from "./hypervisors1000.ts";
import { idlePss } from "./idle-pss.ts";
import { importRatio } from "./import-ratio.ts";
import { list10k } from "./list10k.ts";
import { metricsWrite } from "./metrics-write.ts";
import { net1000Change, net1000Memory, net1000Reconcile } from "./net1000.ts";
import { pageInp10k } from "./page-inp10k.ts";
import { pageLoad } from "./page-load.ts";
import { portReachable } from "./port-reachable.ts";
import { ruleEffect } from "./rule-effect.ts";
import { startCold } from "./start-cold.ts";
import { startWarm } from "./start-warm.ts";
import { uploadRatio } from "./upload-ratio.ts";

/** In this order; what fills tables comes last on its stand. */
export const figures: readonly Figure[] = [
  createAccept,
  createActive,
  create30Active,
  create1000Active,
  admitOneProject,
  admitFiftyProjects,
  admitNeighbour,
  eventVisible,
  pageLoad,
  metricsWrite,
  list10k,
  pageInp10k,
  audit1mList,
  audit1mExport,
  hypervisors1000,
  idlePss,
  ruleEffect,
  portReachable,
  net1000Reconcile,
  net1000Change,
  net1000Memory,
  bootOverhead,
  attachVisible,
  cloneImage,
  uploadRatio,
  importRatio,
  startCold,
  startWarm,
];
