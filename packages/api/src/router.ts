import { callableIn } from "./callable.ts";
import { accountRouter } from "./routers/account.ts";
import { adminRouter } from "./routers/admin.ts";
import { bulkRouter } from "./routers/bulk.ts";
import { credentialRouter } from "./routers/credential.ts";
import { eventRouter } from "./routers/event.ts";
import { flavorRouter } from "./routers/flavor.ts";
import { floatingIpRouter } from "./routers/floating-ip.ts";
import { imageRouter } from "./routers/image.ts";
import { instanceRouter } from "./routers/instance.ts";
import { keyPairRouter } from "./routers/key-pair.ts";
import { memberRouter, roleRouter } from "./routers/member.ts";
import { networkRouter, subnetRouter } from "./routers/network.ts";
import { operationRouter } from "./routers/operation.ts";
import { zoneRouter } from "./routers/placement.ts";
import { portRouter } from "./routers/port.ts";
import { projectRouter } from "./routers/project.ts";
import { quotaRequestRouter } from "./routers/quota-request.ts";
import { routerRouter } from "./routers/router.ts";
import { searchRouter } from "./routers/search.ts";
import { securityGroupRouter } from "./routers/security-group.ts";
import { systemRouter } from "./routers/system.ts";
import { volumeRouter, volumeSnapshotRouter, volumeTypeRouter } from "./routers/volume.ts";
import { router } from "./trpc.ts";

const routers = {
  account: accountRouter,
  admin: adminRouter,
  bulk: bulkRouter,
  event: eventRouter,
  flavor: flavorRouter,
  floatingIp: floatingIpRouter,
  image: imageRouter,
  instance: instanceRouter,
  keyPair: keyPairRouter,
  member: memberRouter,
  network: networkRouter,
  operation: operationRouter,
  port: portRouter,
  project: projectRouter,
  quotaRequest: quotaRequestRouter,
  role: roleRouter,
  router: routerRouter,
  search: searchRouter,
  securityGroup: securityGroupRouter,
  subnet: subnetRouter,
  system: systemRouter,
  volume: volumeRouter,
  volumeSnapshot: volumeSnapshotRouter,
  volumeType: volumeTypeRouter,
  zone: zoneRouter,
};

const callable = callableIn(router(routers)._def.procedures);

export const appRouter = router({ ...routers, credential: credentialRouter(callable) });

export type AppRouter = typeof appRouter;
